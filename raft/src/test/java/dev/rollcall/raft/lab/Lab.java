package dev.rollcall.raft.lab;

import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftInvariantException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * A cluster in slow motion: time passes, messages travel and disks work only when a test says so. Messages go through the
 * real codec.
 */
public final class Lab {
    private static final int ROUNDS_MAX = 10_000;

    private final Map<Long, LabMember> members = new TreeMap<>();
    private final List<Message> wire = new ArrayList<>();
    private final List<Message> delivered = new ArrayList<>();
    private final Set<Long> paused = new TreeSet<>();
    private final UnaryOperator<RaftConfig> settings;
    private final LongFunction<RandomGenerator> chance;
    private Predicate<Message> lost = m -> false;
    private boolean greetings;

    /** @param strangers run too, with an empty disk and no membership, as those do who are about to be added */
    public Lab(Membership membership, UnaryOperator<RaftConfig> settings, Long... strangers) {
        this(membership, settings, SplittableRandom::new, strangers);
    }

    /** @param chance the generator that a member draws its timeouts from */
    public Lab(
            Membership membership,
            UnaryOperator<RaftConfig> settings,
            LongFunction<RandomGenerator> chance,
            Long... strangers) {
        this.settings = settings;
        this.chance = chance;
        for (long id : membership.members()) {
            add(id, membership);
        }
        for (long id : strangers) {
            add(id, Membership.EMPTY);
        }
    }

    private void add(long id, Membership membership) {
        RaftConfig config = settings.apply(RaftConfig.defaults(id).withTicks(1, 10, 20));
        members.put(id, new LabMember(config, membership, wire, chance.apply(id)));
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

    /** Everyone, by id. */
    public Collection<LabMember> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    /** Starts a member with an empty disk that knows nobody. */
    public void join(long id) {
        if (members.containsKey(id)) {
            throw new IllegalArgumentException("member " + id + " exists");
        }
        add(id, Membership.EMPTY);
    }

    /** This member stands still: no time passes for it, and messages to it wait on the wire. */
    public void pause(long id) {
        paused.add(id);
    }

    public void resume(long id) {
        paused.remove(id);
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
            for (LabMember member : members.values()) {
                if (!paused.contains(member.id())) {
                    member.tick(1);
                }
            }
            settle();
        }
    }

    /** Messages travel and disks work until nothing is left to do. */
    public void settle() {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            boolean delivered = deliver();
            if (!work() && !delivered) {
                return;
            }
        }
        throw new IllegalStateException("the cluster does not come to rest");
    }

    /** Disks and state machines that are not held do what they have been given, and what follows from it; no message travels. */
    public void finishWork() {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            if (!work()) {
                return;
            }
        }
        throw new IllegalStateException("the members do not come to rest");
    }

    /** One round of it. True if there was any. */
    private boolean work() {
        boolean worked = false;
        for (LabMember member : members.values()) {
            worked |= !paused.contains(member.id()) && member.work();
        }
        return worked;
    }

    /** Delivers what is on the wire now, and nothing that is said in return. */
    public boolean deliver() {
        return deliver(m -> true);
    }

    /** Delivers those that are on the wire now. False if there were none. */
    public boolean deliver(Predicate<Message> which) {
        List<Message> now = take(which.and(m -> !paused.contains(m.to())));
        for (int i = 0; i < now.size(); i++) {
            Message message = now.get(i);
            LabMember to = members.get(message.to());
            if (to == null || to.isDown() || lost.test(message) || turnedAway(message, to)) {
                continue;
            }
            delivered.add(message);
            try {
                to.receive(recoded(message));
            } catch (RaftInvariantException e) {
                wire.addAll(0, now.subList(i + 1, now.size()));
                throw e;
            }
        }
        return !now.isEmpty();
    }

    private boolean turnedAway(Message message, LabMember to) {
        LabMember from = members.get(message.from());
        return greetings && from != null && to.greetedBy(from).refused();
    }

    /** All have connected to each other; from now on nobody is heard whom a greeting would not let in. */
    public void requireGreetings() {
        greetings = true;
        for (LabMember one : members.values()) {
            members.values().stream().filter(other -> other != one).forEach(one::greetedBy);
        }
    }

    /** Takes these off the wire. */
    public List<Message> take(Predicate<Message> which) {
        List<Message> taken = wire.stream().filter(which).toList();
        wire.removeIf(which);
        return taken;
    }

    /** What is on the wire, in the order in which it was sent. */
    public List<Message> wire() {
        return Collections.unmodifiableList(wire);
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

    /** From now on these get lost too. */
    public void loseAlso(Predicate<Message> which) {
        lost = lost.or(which);
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
