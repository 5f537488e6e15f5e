package dev.rollcall.raft.lab;

import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A cluster in slow motion: time passes, messages travel and disks work only when a test says so. Messages go through the
 * real codec.
 */
public final class Lab {
    private static final int ROUNDS_MAX = 10_000;

    private final Map<Long, LabMember> members = new TreeMap<>();
    private final List<Message> wire = new ArrayList<>();
    private final List<Message> delivered = new ArrayList<>();
    private Predicate<Message> lost = m -> false;

    /** @param strangers run too, with an empty disk and no membership, as those do who are about to be added */
    public Lab(Membership membership, UnaryOperator<RaftConfig> settings, Long... strangers) {
        for (long id : membership.members()) {
            add(id, membership, settings);
        }
        for (long id : strangers) {
            add(id, Membership.EMPTY, settings);
        }
    }

    private void add(long id, Membership membership, UnaryOperator<RaftConfig> settings) {
        RaftConfig config = settings.apply(RaftConfig.defaults(id).withTicks(1, 10, 20));
        members.put(id, new LabMember(config, membership, wire));
    }

    /** Voters 1 to {@code voters}, an election timeout of 10 to 20 ticks, a heartbeat with every tick. */
    public static Lab of(int voters) {
        List<Long> ids = new ArrayList<>();
        for (long id = 1; id <= voters; id++) {
            ids.add(id);
        }
        return new Lab(Membership.of(ids, List.of()), UnaryOperator.identity());
    }

    /** The same with member 1 leading. */
    public static Lab ledByFirst(int voters) {
        Lab lab = of(voters);
        lab.elect(1);
        return lab;
    }

    public LabMember member(long id) {
        LabMember member = members.get(id);
        if (member == null) {
            throw new IllegalArgumentException("no member " + id);
        }
        return member;
    }

    /** Lets only this member's time pass until it leads. */
    public void elect(long id) {
        for (int i = 0; i < 200 && !member(id).leads(); i++) {
            member(id).tick(1);
            settle();
        }
        if (!member(id).leads()) {
            throw new IllegalStateException("member " + id + " could not be elected");
        }
    }

    /** Time passes for everyone, and everything that can happen in it does. */
    public void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            members.values().forEach(m -> m.tick(1));
            settle();
        }
    }

    /** Messages travel and disks work until nothing is left to do. */
    public void settle() {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            boolean worked = deliver();
            for (LabMember member : members.values()) {
                worked |= member.work();
            }
            if (!worked) {
                return;
            }
        }
        throw new IllegalStateException("the cluster does not come to rest");
    }

    /** Delivers what is on the wire now, and nothing that is said in return. */
    public boolean deliver() {
        List<Message> now = new ArrayList<>(wire);
        wire.clear();
        for (Message message : now) {
            LabMember to = members.get(message.to());
            if (to != null && !lost.test(message)) {
                delivered.add(message);
                to.receive(recoded(message));
            }
        }
        return !now.isEmpty();
    }

    /** What is on the wire, taken off it. */
    public List<Message> intercept() {
        List<Message> taken = List.copyOf(wire);
        wire.clear();
        return taken;
    }

    /** Puts a message on the wire. */
    public void inject(Message message) {
        wire.add(message);
    }

    /** Everything of a kind that was delivered so far. */
    public <T extends Message> List<T> delivered(Class<T> kind) {
        List<T> matching = new ArrayList<>();
        for (Message message : delivered) {
            if (kind.isInstance(message)) {
                matching.add(kind.cast(message));
            }
        }
        return matching;
    }

    /** From now on these messages get lost; replaces what was said before. */
    public void lose(Predicate<Message> which) {
        lost = which;
    }

    public void heal() {
        lost = m -> false;
    }

    /** Cuts these members off from all others and from each other. */
    public void isolate(Long... ids) {
        List<Long> alone = List.of(ids);
        lose(m -> alone.contains(m.from()) || alone.contains(m.to()));
    }

    /** Splits the cluster: these on one side, all others on the other. */
    public void split(Long... ids) {
        List<Long> side = List.of(ids);
        lose(m -> side.contains(m.from()) != side.contains(m.to()));
    }

    private static Message recoded(Message message) {
        try {
            return MessageCodec.decode(MessageCodec.encode(message));
        } catch (CodecException e) {
            throw new IllegalStateException(message + " does not survive the codec", e);
        }
    }
}
