package dev.rollcall.raft.lab;

import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.StateMachine;
import dev.rollcall.raft.sim.DurableLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One member of a {@link Lab}: a real driver, a disk that can be held, and a state machine that lists what it applied. */
public final class LabMember implements LogStore, StateMachine {
    private final Membership membership;
    private final RaftConfig config;
    private final List<Message> wire;
    private final Deque<LogWrite> unsynced = new ArrayDeque<>();
    private final Deque<Runnable> completions = new ArrayDeque<>();
    private final Map<Long, Long> reads = new TreeMap<>();
    private final List<Entry> applied = new ArrayList<>();
    private DurableLog disk = new DurableLog();
    private boolean diskHeld;
    private boolean applyHeld;
    private boolean snapshotsHeld;
    private final Deque<Runnable> snapshotWork = new ArrayDeque<>();
    private final LabSnapshots snapshots =
            new LabSnapshots(this, () -> new LabSnapshots.State(List.copyOf(applied), membership()), snapshotWork);
    private RaftDriver driver;

    LabMember(RaftConfig config, Membership membership, List<Message> wire) {
        this.config = config;
        this.membership = membership;
        this.wire = wire;
        this.driver = boot();
    }

    private RaftDriver boot() {
        return new RaftDriver(
                config,
                membership(),
                disk.recover(applied.size()),
                applied.size(),
                this,
                wire::addAll,
                this,
                snapshots,
                new SplittableRandom(config.id()));
    }

    /** The configuration in force at what is applied. */
    private Membership membership() {
        Membership now = membership;
        for (Entry entry : applied) {
            if (entry.kind() == EntryKind.CONFIG) {
                now = ConfigEntry.decode(entry.data()).membership();
            }
        }
        return now;
    }

    public RaftDriver driver() {
        return driver;
    }

    public DurableLog disk() {
        return disk;
    }

    public void startFrom(DurableLog recovered) {
        disk = recovered;
        driver = boot();
    }

    public long id() {
        return config.id();
    }

    public long term() {
        return driver.status().softState().term();
    }

    public Role role() {
        return driver.status().softState().role();
    }

    public long leader() {
        return driver.status().softState().leader();
    }

    public boolean leads() {
        return role() == Role.LEADER;
    }

    public ProposeResult propose(String... commands) {
        List<byte[]> bytes = new ArrayList<>();
        for (String command : commands) {
            bytes.add(command.getBytes(StandardCharsets.UTF_8));
        }
        ProposeResult result = driver.propose(bytes);
        driver.flush();
        return result;
    }

    public void receive(Message message) {
        driver.receive(message);
        driver.flush();
    }

    public void tick(int times) {
        for (int i = 0; i < times; i++) {
            driver.tick();
            driver.flush();
        }
    }

    public void read(long id) {
        driver.readIndex(id);
        driver.flush();
    }

    /** Index of an answered read, 0 if it failed, null if it waits. */
    public @Nullable Long readAnswer(long id) {
        return reads.get(id);
    }

    /** What was applied, as text, without the entries that mean nothing to the state machine. */
    public List<String> appliedCommands() {
        List<String> commands = new ArrayList<>();
        for (Entry entry : applied) {
            if (entry.kind() == EntryKind.NORMAL) {
                commands.add(new String(entry.data(), StandardCharsets.UTF_8));
            }
        }
        return commands;
    }

    /** From now on nothing becomes durable. */
    public void holdDisk() {
        diskHeld = true;
    }

    public void releaseDisk() {
        diskHeld = false;
        work();
    }

    public void holdApply() {
        applyHeld = true;
    }

    public void releaseApply() {
        applyHeld = false;
        work();
    }

    /** From now on no copy is made, and nothing of one is read, written or checked. */
    public void holdSnapshots() {
        snapshotsHeld = true;
    }

    public void releaseSnapshots() {
        snapshotsHeld = false;
        work();
    }

    /** The next snapshot that has arrived here is found damaged. */
    public void corruptNextSnapshot() {
        snapshots.corruptNext();
    }

    /** The log lets go of everything up to this index. */
    public void truncate(long through) {
        disk.truncateThrough(through);
        driver.truncatedThrough(through);
        driver.flush();
    }

    public List<LogWrite> unsynced() {
        return List.copyOf(unsynced);
    }

    /** Loses what is not durable and starts again. */
    public void crashAndRestart() {
        unsynced.clear();
        completions.clear();
        snapshotWork.clear();
        reads.clear();
        driver = boot();
    }

    /** Completes disk and apply work. True if there was any. */
    boolean work() {
        boolean worked = false;
        while (!diskHeld && !unsynced.isEmpty()) {
            LogWrite write = unsynced.removeFirst();
            disk.write(write);
            driver.persisted(write.seq());
            worked = true;
        }
        int due = completions.size();
        for (int i = 0; i < due && !applyHeld; i++) {
            completions.removeFirst().run();
            worked = true;
        }
        int steps = snapshotsHeld ? 0 : snapshotWork.size();
        for (int i = 0; i < steps; i++) {
            snapshotWork.removeFirst().run();
            worked = true;
        }
        if (worked) {
            driver.flush();
        }
        return worked;
    }

    @Override
    public void append(LogWrite write) {
        unsynced.add(write);
    }

    @Override
    public void load(long first, long lastInclusive, int maxBytes) {
        completions.add(() -> driver.entriesLoaded(first, disk.load(first, lastInclusive, maxBytes)));
    }

    @Override
    public void apply(List<Entry> committed) {
        for (Entry entry : committed) {
            if (entry.index() != applied.size() + 1) {
                throw new IllegalStateException("applied " + entry + " after " + applied.size());
            }
            applied.add(entry);
        }
        long last = applied.size();
        completions.add(() -> {
            for (Entry entry : committed) {
                if (entry.kind() == EntryKind.CONFIG) {
                    driver.configure(ConfigEntry.decode(entry.data()).membership());
                }
            }
            driver.applied(last);
        });
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        completions.clear();
        applied.clear();
        applied.addAll(snapshots.received());
    }

    @Override
    public void leadership(SoftState now) {}

    @Override
    public void readReady(long id, long index) {
        reads.put(id, index);
    }

    @Override
    public void readFailed(long id) {
        reads.put(id, 0L);
    }
}
