package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way out. None leaves before the term it carries is durable; one that promises something about the log
 * waits for the log too. What a member says to itself takes the same way, which is how its own vote waits for its disk.
 */
final class Outbox {
    private record Held(long seq, Message message) {}

    private final long self;
    private final Persistence persistence;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final ArrayDeque<Message> toSelf = new ArrayDeque<>();
    private List<Message> ready = new ArrayList<>();

    Outbox(long self, Persistence persistence) {
        this.self = self;
        this.persistence = persistence;
    }

    /** Sends once the present term and vote are durable. */
    void send(Message message) {
        sendAfter(persistence.ballotSeq(), message);
    }

    /** Sends once the present log is durable as well. */
    void sendOnceLogged(Message message) {
        long seq = persistence.logSeq();
        if (message instanceof Message.AppendResponse response) {
            // The later answer says all that the earlier one says, and so a stalled disk gathers no answers.
            held.removeIf(h -> h.seq == seq && isCoveredBy(h.message, response));
        }
        sendAfter(seq, message);
    }

    /** The term has grown: what was still held back speaks for a term that is over. */
    void termChanged() {
        held.clear();
        toSelf.clear();
    }

    /** The disk has got further. */
    void release() {
        Iterator<Held> waiting = held.iterator();
        while (waiting.hasNext()) {
            Held next = waiting.next();
            if (next.seq <= persistence.durableSeq()) {
                waiting.remove();
                deliver(next.message);
            }
        }
    }

    /** Next message of this member to itself, null if there is none. */
    @Nullable
    Message pollToSelf() {
        return toSelf.poll();
    }

    List<Message> take() {
        List<Message> taken = ready;
        ready = new ArrayList<>();
        return taken;
    }

    private void sendAfter(long seq, Message message) {
        if (seq <= persistence.durableSeq()) {
            deliver(message);
        } else {
            held.add(new Held(seq, message));
        }
    }

    private void deliver(Message message) {
        if (message.to() == self) {
            toSelf.add(message);
        } else {
            ready.add(message);
        }
    }

    private static boolean isCoveredBy(Message earlier, Message.AppendResponse later) {
        return earlier instanceof Message.AppendResponse response
                && response.to() == later.to()
                && !response.rejected()
                && !later.rejected()
                && response.index() <= later.index();
    }
}
