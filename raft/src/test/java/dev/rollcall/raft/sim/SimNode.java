package dev.rollcall.raft.sim;

import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGate;
import dev.rollcall.raft.driver.PeerGreeting;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.Welcome;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine and the process on it: a real driver, an inbox, a tick of its own speed, a disk with a directory on it. It can be
 * paused, crashed and started again.
 */
final class SimNode {
    private static final int INBOX_MAX = 20_000;
    private static final int FORMAT = 1;

    private record Input(String what, Object detail, long digest, Consumer<RaftDriver> action) {}

    private final RaftConfig config;
    private final Simulation simulation;
    private final Timeline timeline;
    private final SplittableRandom random;
    private final DirectoryId directory;
    /** Who has which directory, as this disk holds it. */
    private final TreeMap<Long, DirectoryId> bindings = new TreeMap<>();

    private final SimDisk disk;
    private final SimSnapshots snapshots;
    private final Seen seen;
    private final ArrayDeque<Input> inbox = new ArrayDeque<>();
    private MachineState stateFile;
    private @Nullable PeerGate gate;
    private @Nullable RaftDriver driver;
    private @Nullable SimMachine machine;
    private @Nullable SoftState announced;
    private long tickMicros;
    private int life;
    private boolean paused;
    private boolean awake;

    /** @param directory names the contents of the disk: a machine whose disk was wiped gets another one */
    SimNode(RaftConfig config, Membership membership, long directory, Simulation simulation, SplittableRandom random) {
        this.config = config;
        this.simulation = simulation;
        this.timeline = simulation.timeline();
        this.random = random;
        this.directory = new DirectoryId(random.nextLong(), directory);
        this.stateFile = new MachineState(membership);
        this.seen = new Seen(membership);
        this.disk = new SimDisk(this, simulation, random.split());
        this.snapshots = new SimSnapshots(this, simulation, random.split());
    }

    long id() {
        return config.id();
    }

    RaftConfig config() {
        return config;
    }

    DirectoryId directory() {
        return directory;
    }

    /** The directory that this one is bound to meet under a member's name, null if it has met none. */
    @Nullable
    DirectoryId directoryOf(long id) {
        return bindings.get(id);
    }

    /** Whether whoever says this of itself may be heard; on first contact it is bound, durably. */
    boolean hears(PeerGreeting greeting) {
        PeerGate current = gate;
        Welcome welcome = current == null ? null : current.greeted(greeting);
        if (current == null || welcome == null || welcome.refused()) {
            return false;
        }
        if (welcome.verdict() == Welcome.Verdict.BIND_FIRST) {
            if (!simulation.machines().bind(greeting)) {
                return false;
            }
            bindings.put(greeting.member(), greeting.directory());
            current.bound(greeting);
        }
        return true;
    }

    /** What this machine says of itself to another member. */
    PeerGreeting greeting(long to) {
        return new PeerGreeting(FORMAT, SimNetwork.CLUSTER, id(), to, directory);
    }

    Seen seen() {
        return seen;
    }

    int life() {
        return life;
    }

    boolean up() {
        return driver != null;
    }

    boolean paused() {
        return paused;
    }

    SimDisk disk() {
        return disk;
    }

    SimSnapshots snapshots() {
        return snapshots;
    }

    MachineState stateFile() {
        return stateFile;
    }

    RaftStatus status() {
        return running().status();
    }

    SoftState softState() {
        return running().softState();
    }

    boolean leads() {
        return driver != null && driver.softState().role() == Role.LEADER;
    }

    /** Of the running process, or else what a restart would find. */
    MachineState state() {
        return machine == null ? stateFile : machine.state();
    }

    long applied() {
        return state().applied();
    }

    void slowApply(boolean now) {
        if (machine != null) {
            machine.slow(now);
        }
    }

    /** A clock that runs at another speed from now on. */
    void tickEvery(long micros) {
        tickMicros = micros;
    }

    private RaftDriver running() {
        if (driver == null) {
            throw new IllegalStateException("node " + id() + " is down");
        }
        return driver;
    }

    /** Starts the process, unless it finds its disk damaged. */
    void start() {
        if (up() || disk.damaged()) {
            return;
        }
        simulation
                .trace()
                .record(id(), "start", stateFile.applied(), disk.durable().lastIndex());
        life++;
        gate = new PeerGate(
                greeting(0), bindings, id -> simulation.machines().hearsRemoved() ? false : state().isRemoved(id));
        SimMachine fresh = new SimMachine(this, simulation, random.split(), stateFile.copy());
        machine = fresh;
        driver = new RaftDriver(
                config,
                stateFile.membership(),
                disk.durable().recover(stateFile.applied()),
                stateFile.applied(),
                disk,
                messages -> messages.forEach(m -> simulation.network().send(this, m)),
                fresh,
                snapshots,
                random.split());
        simulation.invariants().started(this);
        tickMicros = 8_000L + random.nextInt(4_500);
        int started = life;
        timeline.after(random.nextInt(10_000), () -> tick(started));
    }

    void crash() {
        if (!up()) {
            return;
        }
        simulation.trace().record(id(), "crash", "", 0);
        simulation.coverage().count(Counter.CRASHES);
        life++;
        driver = null;
        machine = null;
        gate = null;
        announced = null;
        inbox.clear();
        paused = false;
        awake = false;
        disk.crash();
        snapshots.crash();
        simulation.clients().crashed(this);
    }

    /** Something is wrong with the disk: the process stops rather than go on with it. */
    void halt(String why) {
        simulation.trace().record(id(), why, "", 0);
        crash();
        simulation.faults().halted(this);
    }

    void pause(boolean now) {
        if (paused != now && up()) {
            simulation.trace().record(id(), now ? "pause" : "resume", inbox.size(), inbox.size());
            paused = now;
            wakeSoon();
        }
    }

    /** Writes the state down as it is now; false if the log on disk does not reach so far yet. */
    boolean checkpoint() {
        SimMachine current = machine;
        if (current == null || current.applied() > status().durableIndex()) {
            return false;
        }
        if (current.applied() > stateFile.applied()) {
            stateFile = current.state().copy();
        }
        return current.applied() == stateFile.applied();
    }

    /** The write that makes the log follow a snapshot is durable. */
    void switchTo(SnapshotMeta snapshot) {
        stateFile = snapshots.switchTo(snapshot);
    }

    /** Lets go of the log up to an index that the state file holds. */
    void truncateThrough(long index) {
        disk.durable().truncateThrough(index);
        input("truncated", index, d -> d.truncatedThrough(index));
    }

    /** Highest index that this node may truncate through. */
    long truncatable() {
        return checkpoint() ? Math.min(stateFile.applied(), running().truncatableThrough()) : 0;
    }

    void deliver(byte[] bytes) {
        Message message = decode(bytes);
        add(new Input("receive", message, Hash.wire(bytes), d -> {
            SoftState before = d.softState();
            if (message instanceof Message.SnapshotChunk chunk) {
                snapshots.arrives(chunk);
            }
            d.receive(message);
            simulation.invariants().elections().stepped(this, message, before, d.softState());
        }));
    }

    void input(String what, long digest, Consumer<RaftDriver> action) {
        add(new Input(what, digest, digest, action));
    }

    void input(String what, Object detail, long digest, Consumer<RaftDriver> action) {
        add(new Input(what, detail, digest, action));
    }

    private void add(Input input) {
        if (up() && inbox.size() < INBOX_MAX) {
            inbox.add(input);
            wakeSoon();
        }
    }

    private void wakeSoon() {
        if (!awake && !inbox.isEmpty() && !paused) {
            awake = true;
            int now = life;
            timeline.after(random.nextInt(300), () -> wake(now));
        }
    }

    /** One turn of the process: some of what has arrived, then everything that follows from it. */
    private void wake(int asked) {
        if (asked != life) {
            return;
        }
        awake = false;
        if (paused) {
            return;
        }
        RaftDriver running = running();
        int batch = 1 + random.nextInt(8);
        for (int i = 0; i < batch && !inbox.isEmpty(); i++) {
            Input input = inbox.removeFirst();
            simulation.trace().step(id(), input.what, input.detail, input.digest);
            input.action.accept(running);
        }
        running.flush();
        check(running);
        simulation.audit().after(simulation.trace().events());
        wakeSoon();
    }

    private void check(RaftDriver running) {
        SimMachine current = machine;
        if (current != null) {
            simulation.invariants().check(this, running.status(), announced);
            simulation.invariants().handedOver(this, current.takeUnchecked());
            simulation.clients().checkWaiting(this);
        }
    }

    /** Ticks are never caught up: a paused process has none, and one turn gets at most one. */
    private void tick(int started) {
        if (started != life) {
            return;
        }
        if (!paused) {
            input("tick", 0, d -> {
                seen.ticks++;
                d.tick();
            });
        }
        timeline.after(tickMicros, () -> tick(started));
    }

    /** For people. */
    String describe() {
        return "node " + id() + (paused ? " paused" : "") + (disk.isStuck() ? " stuck" : "") + ": "
                + (up()
                        ? status()
                        : "down, applied " + stateFile.applied() + " of "
                                + disk.durable().lastIndex());
    }

    void leadership(SoftState now) {
        announced = now;
        simulation.trace().record(id(), "now", now, now.term() * 64 + now.leader());
    }

    private static Message decode(byte[] bytes) {
        try {
            return MessageCodec.decode(bytes);
        } catch (CodecException e) {
            throw new IllegalStateException("a message does not survive the codec", e);
        }
    }
}
