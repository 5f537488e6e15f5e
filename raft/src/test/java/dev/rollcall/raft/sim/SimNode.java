package dev.rollcall.raft.sim;

import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.SnapshotStore;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One simulated process: a real driver, an inbox, a tick of its own speed; it can be paused, crashed and started again. */
final class SimNode {
    private static final int INBOX_MAX = 20_000;

    private record Input(String what, Object detail, long digest, Consumer<RaftDriver> action) {}

    private final RaftConfig config;
    private final Membership membership;
    private final Simulation simulation;
    private final Timeline timeline;
    private final SplittableRandom random;
    private final SimDisk disk;
    private final ArrayDeque<Input> inbox = new ArrayDeque<>();
    private @Nullable RaftDriver driver;
    private @Nullable SimMachine machine;
    private @Nullable SoftState announced;
    private long stateFile;
    private int life;
    private boolean paused;
    private boolean awake;

    SimNode(RaftConfig config, Membership membership, Simulation simulation, SplittableRandom random) {
        this.config = config;
        this.membership = membership;
        this.simulation = simulation;
        this.timeline = simulation.timeline();
        this.random = random;
        this.disk = new SimDisk(this, timeline, random.split(), simulation.invariants());
    }

    long id() {
        return config.id();
    }

    RaftConfig config() {
        return config;
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

    RaftStatus status() {
        return running().status();
    }

    boolean leads() {
        return up() && status().softState().role() == Role.LEADER;
    }

    long applied() {
        return machine == null ? 0 : machine.applied();
    }

    void slowApply(boolean now) {
        if (machine != null) {
            machine.slow(now);
        }
    }

    private RaftDriver running() {
        if (driver == null) {
            throw new IllegalStateException("node " + id() + " is down");
        }
        return driver;
    }

    void start() {
        simulation.trace().record(id(), "start", stateFile, disk.durable().lastIndex());
        life++;
        SimMachine fresh = new SimMachine(this, timeline, random.split(), simulation.clients(), stateFile);
        machine = fresh;
        driver = new RaftDriver(
                config,
                membership,
                disk.durable().recover(stateFile),
                stateFile,
                disk,
                messages -> messages.forEach(m -> simulation.network().send(this, m)),
                fresh,
                SnapshotStore.none(),
                random.split());
        simulation.invariants().started(this);
        long tickMicros = 8_000L + random.nextInt(4_500);
        int started = life;
        timeline.after(random.nextInt(10_000), () -> tick(started, tickMicros));
    }

    void crash() {
        if (!up()) {
            return;
        }
        simulation.trace().record(id(), "crash", "", 0);
        long durable = Math.min(applied(), status().durableIndex());
        stateFile += durable > stateFile ? random.nextLong(durable - stateFile + 1) : 0;
        life++;
        driver = null;
        machine = null;
        announced = null;
        inbox.clear();
        paused = false;
        awake = false;
        disk.crash();
        simulation.clients().crashed(this);
    }

    void pause(boolean now) {
        if (paused != now && up()) {
            simulation.trace().record(id(), now ? "pause" : "resume", inbox.size(), inbox.size());
            paused = now;
            wakeSoon();
        }
    }

    /** The state file and every member's log hold everything up to this index: the log lets go of it. */
    void truncateThrough(long index) {
        stateFile = Math.max(stateFile, index);
        disk.durable().truncateThrough(index);
        input("truncated", index, d -> d.truncatedThrough(index));
    }

    /** Highest index that this node can truncate through. */
    long truncatable() {
        return up() ? Math.min(applied(), status().durableIndex()) : 0;
    }

    void deliver(byte[] bytes) {
        Message message = decode(bytes);
        long digest = Arrays.hashCode(bytes);
        if (message instanceof Message.PreVoteRequest) {
            add(new Input("receive", message, digest, d -> {
                SoftState before = d.status().softState();
                d.receive(message);
                simulation.invariants().unchangedByPreVote(before, d.status().softState());
            }));
        } else {
            add(new Input("receive", message, digest, d -> d.receive(message)));
        }
    }

    void input(String what, long digest, Consumer<RaftDriver> action) {
        add(new Input(what, digest, digest, action));
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
            simulation.trace().record(id(), input.what, input.detail, input.digest);
            input.action.accept(running);
        }
        running.flush();
        check();
        wakeSoon();
    }

    private void check() {
        SimMachine current = machine;
        if (current != null) {
            simulation.invariants().check(this, running().status(), announced);
            simulation.invariants().handedOver(this, current.takeUnchecked());
        }
    }

    /** Ticks are never caught up: a paused process has none, and one turn gets at most one. */
    private void tick(int started, long tickMicros) {
        if (started != life) {
            return;
        }
        if (!paused) {
            input("tick", 0, RaftDriver::tick);
        }
        timeline.after(tickMicros, () -> tick(started, tickMicros));
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
