package dev.rollcall.raft.lab;

import dev.rollcall.raft.core.ChangeResult;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftInvariantException;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.StateMachine;
import dev.rollcall.raft.driver.Welcome;
import dev.rollcall.raft.sim.DurableLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One member of a {@link Lab}: a real driver, a disk that can be held, and a state machine that lists what it applied. */
public final class LabMember implements LogStore, StateMachine {
    private Membership membership;
    private final RaftConfig config;
    private final List<Message> wire;
    private final RandomGenerator random;
    private final Deque<LogWrite> unsynced = new ArrayDeque<>();
    private final Deque<LogWrite> unreported = new ArrayDeque<>();
    private final Deque<Runnable> completions = new ArrayDeque<>();
    private final Map<Long, Long> reads = new TreeMap<>();
    private final List<Entry> applied = new ArrayList<>();
    private int reported;
    private DurableLog disk = new DurableLog();
    private boolean diskHeld;
    private boolean applyHeld;
    private boolean down;
    private long lastVote;
    private boolean snapshotsHeld;
    private final Deque<Runnable> snapshotWork = new ArrayDeque<>();
    private final LabSnapshots snapshots =
            new LabSnapshots(this, () -> new LabSnapshots.State(List.copyOf(applied), membership()), snapshotWork);
    private final LabIdentity identity;
    private RaftDriver driver;

    LabMember(RaftConfig config, Membership membership, List<Message> wire, RandomGenerator random) {
        this.config = config;
        this.membership = membership;
        this.wire = wire;
        this.random = random;
        this.identity = new LabIdentity(config.id(), this::knowsRemovalOf);
        this.driver = boot();
    }

    private RaftDriver boot() {
        lastVote = disk.hardState().vote();
        if (disk.base() > applied.size()) {
            applied.clear();
            applied.addAll(snapshots.received()); // the log follows a snapshot that was not switched to yet
        }
        reported = applied.size();
        return new RaftDriver(
                config,
                membership(),
                disk.recover(applied.size()),
                applied.size(),
                this,
                wire::addAll,
                this,
                snapshots,
                random);
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

    private boolean knowsRemovalOf(long id) {
        boolean member = membership.contains(id);
        for (Entry entry : applied) {
            if (entry.kind() == EntryKind.CONFIG) {
                member |= ConfigEntry.decode(entry.data()).membership().contains(id);
            }
        }
        return member && !membership().contains(id);
    }

    /** What this member makes of another that connects to it now. */
    public Welcome greetedBy(LabMember other) {
        return identity.greetedBy(other.identity);
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
        step(() -> {});
    }

    public long id() {
        return config.id();
    }

    public long term() {
        return driver.status().softState().term();
    }

    /** The vote of the present term as last given to the disk, 0 if none. */
    public long vote() {
        return lastVote;
    }

    public Role role() {
        return driver.status().softState().role();
    }

    public long leader() {
        return driver.status().softState().leader();
    }

    public boolean leads() {
        return !down && role() == Role.LEADER;
    }

    public ProposeResult propose(String... commands) {
        List<byte[]> bytes = new ArrayList<>();
        for (String command : commands) {
            bytes.add(command.getBytes(StandardCharsets.UTF_8));
        }
        return ask(() -> driver.propose(bytes));
    }

    public void receive(Message message) {
        step(() -> driver.receive(message));
    }

    public void tick(int times) {
        for (int i = 0; i < times; i++) {
            step(driver::tick);
        }
    }

    public void read(long id) {
        step(() -> driver.readIndex(id));
    }

    /** One input, and everything that follows from it at once. Nothing happens to a member that is down. */
    public void step(Runnable input) {
        if (!down) {
            ask(() -> {
                input.run();
                return true;
            });
        }
    }

    /** A member whose invariant is broken stops for good. */
    private <T> T ask(Supplier<T> input) {
        try {
            T answer = input.get();
            driver.flush();
            return answer;
        } catch (RaftInvariantException e) {
            crash();
            throw e;
        }
    }

    public ChangeResult change(MembershipChange change) {
        return ask(() -> driver.proposeChange(change, new byte[0]));
    }

    /** Index of an answered read, 0 if it failed, null if it waits. */
    public @Nullable Long readAnswer(long id) {
        return reads.get(id);
    }

    /** Every answered read with its index, 0 if it failed. */
    public Map<Long, Long> readAnswers() {
        return Collections.unmodifiableMap(reads);
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

    public List<Entry> appliedEntries() {
        return Collections.unmodifiableList(applied);
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
        step(() -> driver.truncatedThrough(through));
    }

    public List<LogWrite> unsynced() {
        return List.copyOf(unsynced);
    }

    /** The next write becomes durable; the member is not told yet. False if there is none. */
    public boolean writeNext() {
        LogWrite write = unsynced.poll();
        if (write == null) {
            return false;
        }
        disk.write(write);
        unreported.add(write);
        return true;
    }

    /** Tells the member of the next write that has become durable. False if there is none. */
    public boolean reportNext() {
        LogWrite write = unreported.poll();
        if (write == null) {
            return false;
        }
        step(() -> driver.persisted(write.seq()));
        return true;
    }

    public boolean isDown() {
        return down;
    }

    /** The process ends and what is not durable is lost. */
    public void crash() {
        down = true;
        unsynced.clear();
        unreported.clear();
        completions.clear();
        snapshotWork.clear();
        reads.clear();
        // What the state machine keeps never overtakes the log on the same disk.
        long kept = Math.min(reported, disk.lastIndex());
        applied.removeIf(entry -> entry.index() > kept);
    }

    /** The process starts on what the disk holds. */
    public void restart() {
        down = false;
        driver = boot();
        step(() -> {});
    }

    /** The process starts again with an empty disk, knowing nobody. */
    public void restartWiped() {
        crash();
        disk = new DurableLog();
        applied.clear();
        membership = Membership.EMPTY;
        identity.wiped();
        restart();
    }

    /** Loses what is not durable and starts again. */
    public void crashAndRestart() {
        crash();
        restart();
    }

    /** Completes disk and apply work. True if there was any. */
    boolean work() {
        if (down) {
            return false;
        }
        boolean worked = false;
        while (!diskHeld && (reportNext() || writeNext())) {
            worked = true;
        }
        int due = completions.size();
        for (int i = 0; i < due && !applyHeld; i++) {
            step(completions.removeFirst());
            worked = true;
        }
        int steps = snapshotsHeld ? 0 : snapshotWork.size();
        for (int i = 0; i < steps; i++) {
            step(snapshotWork.removeFirst());
            worked = true;
        }
        return worked;
    }

    @Override
    public void append(LogWrite write) {
        unsynced.add(write);
        if (write.hardState() != null) {
            lastVote = write.hardState().vote();
        }
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
            reported = Math.toIntExact(last);
            driver.applied(last);
        });
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        completions.clear();
        applied.clear();
        applied.addAll(snapshots.received());
        reported = applied.size();
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
