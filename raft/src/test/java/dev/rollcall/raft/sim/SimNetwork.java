package dev.rollcall.raft.sim;

import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGreeting;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Directed links that lose, delay, reorder and repeat messages, and can be clogged or cut one way. Old messages come back long
 * after, some at the wrong address. A connection carries messages only between directories that each side has first met
 * under that member's name.
 */
final class SimNetwork {
    static final long CLUSTER = 7;
    private static final int REMEMBERED = 64;

    /** @param toDirectory null if the sender has not met that member yet */
    private record Envelope(
            long from,
            long to,
            PeerGreeting greeting,
            @Nullable DirectoryId toDirectory,
            Message message,
            byte[] bytes) {}

    /** What was sent lately of one kind of message. */
    private static final class Memory {
        final Class<?> kind;
        final List<Envelope> envelopes = new ArrayList<>();
        int next;

        Memory(Class<?> kind) {
            this.kind = kind;
        }

        void add(Envelope envelope) {
            if (envelopes.size() < REMEMBERED) {
                envelopes.add(envelope);
            } else {
                envelopes.set(next, envelope);
                next = (next + 1) % REMEMBERED;
            }
        }
    }

    private final Simulation simulation;
    private final SplittableRandom random;
    /** For each sender the set of members that its messages do not reach. */
    private final long[] cut = new long[Seen.IDS_MAX];

    private final long[] cloggedUntil = new long[Seen.IDS_MAX];
    /** The last ones of each kind, for kinds that are rare are remembered no less. */
    private final List<Memory> remembered = new ArrayList<>();

    private boolean deafening;
    private long deaf;
    private double loss;
    private double repeat;
    private double straggling;
    private int delayMicros = 500;
    private @Nullable Class<?> pickedOut;
    private boolean pickedOutIsLate;
    private long sent;

    SimNetwork(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
        this.deafening = random.nextInt(3) == 0;
    }

    /** Messages sent so far. */
    long sent() {
        return sent;
    }

    /**
     * @param loss share of messages lost
     * @param repeat share of messages delivered twice
     * @param straggling share of messages that take up to 600 ms, several election timeouts
     * @param delay longest delay of the others in microseconds; delays are drawn for each message, so messages overtake each other
     */
    void quality(double loss, double repeat, double straggling, int delay) {
        this.straggling = straggling;
        this.loss = loss;
        this.repeat = repeat;
        this.delayMicros = delay;
    }

    /** Most messages of some kind fare badly from now on; those of no kind, if false. */
    void pickOut(boolean now) {
        pickedOut = now && !remembered.isEmpty() ? remembered.get(random.nextInt(remembered.size())).kind : null;
        pickedOutIsLate = random.nextBoolean();
    }

    void cut(long from, long to) {
        cut[(int) from] |= 1L << to;
    }

    /** What this member sends and what is sent to it takes until then. */
    void clog(long id, long untilMicros) {
        cloggedUntil[(int) id] = untilMicros;
    }

    void healAll() {
        deaf = 0;
        java.util.Arrays.fill(cut, 0);
        java.util.Arrays.fill(cloggedUntil, 0);
        pickedOut = null;
    }

    /** Nothing goes wrong from now on, but for what is cut. */
    void calm() {
        healAll();
        quality(0, 0, 0, 500);
        deafening = false;
    }

    void send(SimNode from, Message message) {
        simulation.invariants().sent(from, message);
        count(message);
        byte[] bytes = MessageCodec.encode(message);
        Envelope envelope = new Envelope(
                message.from(),
                message.to(),
                from.greeting(message.to()),
                from.directoryOf(message.to()),
                message,
                bytes);
        sent++;
        remember(envelope);
        deliverLater(envelope);
        if (message instanceof Message.TimeoutNow && deafening && random.nextBoolean()) {
            deafen(from.id());
        }
        if (random.nextDouble() < repeat) {
            simulation.coverage().count(Counter.REPEATED_MESSAGES);
            deliverLater(envelope);
        }
    }

    /** A leader that hands over hears nothing for a while, so that it does not hear of its successor. */
    private void deafen(long leader) {
        simulation.coverage().count(Counter.DEAFENED);
        deaf |= 1L << leader;
        simulation.timeline().after(20_000L + random.nextInt(60_000), () -> deaf &= ~(1L << leader));
    }

    private void remember(Envelope envelope) {
        for (Memory memory : remembered) {
            if (memory.kind == envelope.message.getClass()) {
                memory.add(envelope);
                return;
            }
        }
        Memory memory = new Memory(envelope.message.getClass());
        memory.add(envelope);
        remembered.add(memory);
    }

    private void count(Message message) {
        if (message instanceof Message.SnapshotOffer) {
            simulation.coverage().count(Counter.SNAPSHOTS_OFFERED);
        } else if (message instanceof Message.SnapshotChunk) {
            simulation.coverage().count(Counter.SNAPSHOT_CHUNKS);
        }
    }

    private void deliverLater(Envelope envelope) {
        boolean picked = pickedOut == envelope.message.getClass() && random.nextInt(8) != 0;
        if (picked) {
            simulation.coverage().count(Counter.PICKED_OUT);
        }
        if (random.nextDouble() < loss || isCut(envelope) || (picked && !pickedOutIsLate)) {
            simulation.coverage().count(Counter.LOST_MESSAGES);
            return;
        }
        boolean late = picked || random.nextDouble() < straggling;
        if (late) {
            simulation.coverage().count(Counter.STRAGGLERS);
        }
        long delay = 50L + random.nextInt(late ? 600_000 : delayMicros);
        long unclogged = Math.max(cloggedUntil[(int) envelope.from], cloggedUntil[(int) envelope.to])
                - simulation.timeline().now();
        simulation.timeline().after(Math.max(delay, unclogged + random.nextInt(1_000)), () -> {
            if (!isCut(envelope)) {
                arrive(envelope, envelope.to);
            }
        });
    }

    private boolean isCut(Envelope envelope) {
        return (cut[(int) envelope.from] >>> envelope.to & 1) == 1 || (deaf >>> envelope.to & 1) == 1;
    }

    private void arrive(Envelope envelope, long to) {
        SimNode receiver = simulation.find(to);
        if (receiver == null || !receiver.up()) {
            return;
        }
        boolean misdirected = to != envelope.to;
        if (misdirected || welcome(envelope, receiver)) {
            receiver.deliver(envelope.bytes);
        } else {
            simulation.coverage().count(Counter.REFUSED_DIRECTORIES);
        }
    }

    /** Both ends must be who the other first met under that name. */
    private boolean welcome(Envelope envelope, SimNode receiver) {
        if (envelope.toDirectory == null) {
            SimNode sender = simulation.find(envelope.from);
            if (sender == null
                    || !sender.directory().equals(envelope.greeting.directory())
                    || !sender.hears(receiver.greeting(envelope.from))) {
                return false;
            }
        } else if (!envelope.toDirectory.equals(receiver.directory())) {
            return false;
        }
        return receiver.hears(envelope.greeting);
    }

    /** The same, said by a member of another cluster, or by the same member with another disk. */
    private Envelope fromStranger(Envelope envelope) {
        PeerGreeting known = envelope.greeting;
        boolean foreign = random.nextBoolean();
        PeerGreeting stranger = new PeerGreeting(
                known.format(),
                foreign ? CLUSTER + 1 : CLUSTER,
                known.member(),
                known.to(),
                foreign ? known.directory() : new DirectoryId(0, 0));
        return new Envelope(
                envelope.from, envelope.to, stranger, envelope.toDirectory, envelope.message, envelope.bytes);
    }

    /** Some of what was sent lately, or all of one kind of it, comes again; now and then to somebody else. */
    void replay() {
        boolean oneKind = random.nextBoolean();
        Memory memory = remembered.isEmpty() ? null : remembered.get(random.nextInt(remembered.size()));
        for (int i = 0; i < 24 && memory != null; i++) {
            Envelope old = memory.envelopes.get(random.nextInt(memory.envelopes.size()));
            long delay = random.nextInt(random.nextBoolean() ? 1_000 : 400_000);
            if (random.nextInt(40) == 0) {
                simulation.timeline().after(delay, () -> arrive(fromStranger(old), old.to));
            } else if (random.nextInt(20) == 0) {
                long to = simulation.anyNode(random, 0).id();
                simulation.coverage().count(Counter.MISDIRECTED);
                simulation.timeline().after(delay, () -> arrive(old, to));
            } else {
                simulation.coverage().count(Counter.REPLAYS);
                simulation.timeline().after(delay, () -> arrive(old, old.to));
            }
            if (!oneKind) {
                memory = remembered.get(random.nextInt(remembered.size()));
            }
        }
    }
}
