package dev.rollcall.raft.bench;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Real drivers over disks that are done at once and wires without length, all of them driven by the caller's thread: what
 * is left is the cost of consensus itself. Time does not pass: ticks cost nothing worth mentioning beside the load.
 */
final class MemoryCluster {
    private final List<MemoryMember> members = new ArrayList<>();
    private final UnaryOperator<Message> wire;

    /** @param wire what a message becomes on its way */
    MemoryCluster(int voters, UnaryOperator<Message> wire) {
        this.wire = wire;
        List<Long> ids = new ArrayList<>();
        for (long id = 1; id <= voters; id++) {
            ids.add(id);
        }
        for (long id : ids) {
            members.add(new MemoryMember(id, Membership.of(ids, List.of()), this));
        }
        while (!leader().leads()) {
            leader().tick();
            settle();
        }
    }

    /** The first member: only its time has passed, so nobody else ever campaigned. */
    MemoryMember leader() {
        return members.get(0);
    }

    List<MemoryMember> members() {
        return members;
    }

    void carry(Message message) {
        members.get((int) message.to() - 1).arrived(wire.apply(message));
    }

    /** Proposes this many times, all at the same moment, and carries on until the leader has applied every one of them. */
    void commit(int proposals, byte[] command) {
        long goal = leader().commandsApplied() + proposals;
        for (int i = 0; i < proposals; i++) {
            ProposeResult result = leader().propose(command);
            if (result != ProposeResult.ACCEPTED) {
                throw new IllegalStateException("proposal " + i + ": " + result);
            }
        }
        while (leader().commandsApplied() < goal) {
            if (!turn()) {
                throw new IllegalStateException("at rest with " + leader().commandsApplied() + " of " + goal);
            }
        }
    }

    /** Carries on until nothing is left to do. */
    void settle() {
        while (turn()) {}
    }

    private boolean turn() {
        boolean worked = false;
        for (MemoryMember member : members) {
            worked |= member.turn();
        }
        return worked;
    }
}
