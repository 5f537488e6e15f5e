package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The Raft log on disk. One thread owns the file: it takes what waits, makes it durable with one transaction and one
 * fsync, and reports. After the first error it does nothing more.
 *
 * <p>In order: {@link #open}, {@link #recover}, {@link #start}, then everything else; {@link #append} and {@link #load}
 * from one thread.
 */
public final class SqliteLog implements LogStore, AutoCloseable {
    /** How much of the log's end {@link #recover} brings along for followers that are a little behind. */
    public static final long RECOVERED_TAIL_BYTES = 8L << 20;

    private static final int CHECKPOINT_FRAMES = 2_000;
    /** What a commit adds to the WAL besides the entries: the leaf they start in, hard state, now and then an inner page. */
    private static final int FRAMES_PER_COMMIT = 3;
    /** What cutting a piece of the log's beginning adds. */
    private static final int FRAMES_PER_CUT = 8;

    /** What the log reports, always on the log's own thread. */
    public interface Completions {
        /** This write and all before it are durable. */
        void persisted(long seq);

        /** Answer to {@link LogStore#load}. */
        void loaded(long first, List<Entry> entries);

        /** The disk failed (a full one only waits) or a rule was broken. Nothing is retried, acknowledged or reported after it: stop the process. */
        void failed(Throwable cause);

        /**
         * A group of writes became durable.
         *
         * @param commitNanos time that COMMIT took, its one fsync included
         * @param entries entries in the group, at least 1
         */
        default void committed(long commitNanos, int entries) {}

        /** The log holds nothing up to this index any more; that is durable. */
        default void truncated(long throughIndex) {}
    }

    private final LogFile file;
    private final LogEnd end;
    private final LogQueue queue = new LogQueue();
    private final DurableIndex durable;
    private final Map<Long, UUID> peers;
    private final List<MemberRow> firstMembers;
    private final Map<SnapshotMeta, String> snapshotFiles = new ConcurrentHashMap<>();
    private volatile boolean retired;
    private final SpaceWait space;
    private final CheckpointTurn checkpoints;
    private volatile long truncateThrough;
    private volatile long tailStart;
    private volatile long base;
    private @Nullable Thread thread;

    private SqliteLog(DataDirectory directory) {
        file = directory.log();
        end = directory.logEnd();
        DiskSpace space = directory.space();
        this.space = new SpaceWait(space, queue::isClosed);
        checkpoints = new CheckpointTurn(
                space.walFrames(CHECKPOINT_FRAMES, LogFile.FORMAT.pageSizeBytes()),
                () -> queue.offer(new LogQueue.FinishCheckpoint()));
        durable = new DurableIndex(file.lastIndex());
        peers = new ConcurrentHashMap<>(file.peers());
        firstMembers = file.firstMembers();
        retired = file.retired();
        base = file.hard().snapshotIndex();
    }

    /**
     * The log in this directory. Close it before the directory.
     *
     * @param expected whose log it must be; a log that is nobody's yet becomes theirs. Null to take it as it is
     * @throws DataDirectoryException if it belongs to another cluster or member
     */
    public static SqliteLog open(DataDirectory directory, @Nullable Identity expected) {
        LogFile file = directory.log();
        Identity owner = file.hard().identity();
        if (expected != null && owner == null) {
            file.bind(expected);
        } else if (expected != null && !expected.equals(owner)) {
            throw new DataDirectoryException(otherOwner(directory, owner, expected));
        }
        return new SqliteLog(directory);
    }

    private static String otherOwner(DataDirectory directory, @Nullable Identity owner, Identity expected) {
        boolean cluster = owner == null || owner.clusterId() != expected.clusterId();
        return "data directory " + directory.path() + " belongs to "
                + (cluster ? "cluster " : "member ")
                + Long.toHexString(owner == null ? 0 : cluster ? owner.clusterId() : owner.memberId())
                + ", not to "
                + Long.toHexString(cluster ? expected.clusterId() : expected.memberId())
                + "; use another --data-dir, or the name, peer URLs and token it was started with";
    }

    /**
     * A member's first start: makes the directory its own for ever, durably and all at once.
     *
     * @param firstMembers the members that the log begins with, the same for everyone in the cluster
     * @param directories which peer has which directory, as far as others have seen it; empty if nobody knows
     * @throws IllegalStateException if it is somebody's already
     */
    public static SqliteLog found(
            DataDirectory directory, Identity owner, List<MemberRow> firstMembers, Map<Long, UUID> directories) {
        LogFile file = directory.log();
        if (file.hard().identity() != null) {
            throw new IllegalStateException(directory.path() + " is a member's already");
        }
        file.found(owner, firstMembers, directories);
        return new SqliteLog(directory);
    }

    /** Whose log it is, null if no member has started here yet. */
    public @Nullable Identity identity() {
        return file.hard().identity();
    }

    /** The cluster whose log it is, 0 if it is nobody's yet. */
    long cluster() {
        Identity owner = identity();
        return owner == null ? 0 : owner.clusterId();
    }

    /** The members that the log begins with; empty if {@link #found} did not make it. Any thread. */
    public List<MemberRow> firstMembers() {
        return firstMembers;
    }

    /** Whether {@link #retire} has been called, in this process or an earlier one. Any thread. */
    public boolean retired() {
        return retired;
    }

    /**
     * Reads what the disk holds and checks all of it. Before {@link #start}.
     *
     * @param inFile how far the state file holds everything
     * @throws DamagedException on a bad checksum, a gap, an end before what the state file holds or the known commit, a
     *     beginning behind what it holds, or a state file of another history
     */
    public RecoveredLog recover(StateMeta inFile) {
        return file.reader().recover(file.hard(), inFile.applied(), inFile.term(), RECOVERED_TAIL_BYTES);
    }

    /** As above, of a state file whose last term is not known. */
    RecoveredLog recover(long applied) {
        return file.reader().recover(file.hard(), applied, LogReader.ANY_TERM, RECOVERED_TAIL_BYTES);
    }

    /** Starts the log's thread. */
    public void start(Completions completions) {
        if (thread != null) {
            throw new IllegalStateException("the log has been started");
        }
        Thread started = new Thread(() -> run(completions), "rollcall-log");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if a seq is left out or the backlog passes 256 MiB
     */
    @Override
    public void append(LogWrite write) {
        if (write.snapshot() != null && !snapshotFiles.containsKey(write.snapshot())) {
            throw new IllegalStateException("no file holds " + write.snapshot());
        }
        durable.handedIn(write);
        queue.append(write);
    }

    @Override
    public void load(long first, long lastInclusive, int maxBytes) {
        queue.offer(new LogQueue.Load(first, lastInclusive, maxBytes));
    }

    /**
     * Names the state file that holds a snapshot, whole and durable; the {@link #append} that names the snapshot makes it this
     * member's state file. Any thread.
     */
    void snapshotIn(SnapshotMeta snapshot, String stateFile) {
        snapshotFiles.put(snapshot, stateFile);
    }

    /** The {@link #append} of this snapshot will not come. Any thread. */
    void forget(SnapshotMeta snapshot) {
        snapshotFiles.remove(snapshot);
    }

    /**
     * Makes this the file in which the state is; durable when this returns. As {@link #bind}.
     *
     * @param stateFile whole and durable, and as far as the one before or further
     */
    void switchState(String stateFile) {
        note(() -> file.switchState(stateFile));
    }

    /**
     * Nobody needs the log up to this index any more: it goes little by little, beside what is written, and on its own when
     * nothing is. Any thread.
     *
     * @param throughIndex what no loss of power can take from the state file: {@link SqliteState#checkpointedIndex}
     */
    public void truncate(long throughIndex) {
        truncateThrough = throughIndex;
        queue.offer(new LogQueue.CutPrefix());
    }

    /** Index that the log's first entry follows. Any thread. */
    public long base() {
        return base;
    }

    /**
     * An index behind which lie about 64 MiB of entries, on a small disk a sixteenth of it, 0 if there are fewer: more than that
     * need not be kept for those who are behind. Any thread.
     */
    public long tailStart() {
        return tailStart;
    }

    /**
     * Every entry up to here is durable in its final form as far as this member knows: a cut lowers it at once, before the
     * cut itself is durable. Any thread.
     */
    public long durableIndex() {
        return durable.get();
    }

    /** The directory this peer was first seen with, null if it has not been seen. Any thread. */
    public @Nullable UUID boundDirectory(long member) {
        return peers.get(member);
    }

    /** Every peer that has been seen, with the directory it was first seen with. Any thread. */
    public Map<Long, UUID> boundDirectories() {
        return Map.copyOf(peers);
    }

    /**
     * Binds a peer to its directory; durable when this returns. Blocks on the disk. Any thread but the log's, after
     * {@link #start}.
     *
     * @throws IllegalStateException if the log has stopped
     */
    public void bind(long member, UUID directory) {
        note(() -> {
            file.bindPeer(member, directory);
            peers.put(member, directory);
        });
    }

    /**
     * Notes that this member was removed from its cluster and must never run again; durable when this returns. As
     * {@link #bind}.
     */
    public void retire() {
        note(() -> {
            file.retire();
            retired = true;
        });
    }

    private void note(Runnable write) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        if (!queue.offer(new LogQueue.Note(write, done))) {
            throw new IllegalStateException("the log has stopped");
        }
        try {
            done.join();
        } catch (CompletionException e) {
            throw new IllegalStateException("the log has stopped", e);
        }
    }

    /** Room on its disk. */
    DiskSpace space() {
        return space.space();
    }

    Checkpointer.Target checkpoints() {
        return new Checkpointer.Target(file::path, LogFile.FORMAT, checkpoints);
    }

    /** Makes durable what was handed in, then ends the thread. */
    @Override
    public void close() {
        queue.close();
        Threads.join(thread);
        dropRest(new IllegalStateException("the log is closed"));
    }

    private void run(Completions completions) {
        try {
            for (LogQueue.Task task = queue.take(); task != null; task = queue.take()) {
                if (!perform(task, completions)) {
                    return; // closed while there was no room: what is left was never acknowledged
                }
            }
        } catch (Throwable e) {
            // Whatever it is, nobody knows now what the disk holds: drop the rest unacknowledged and say so, once.
            dropRest(e);
            completions.failed(e);
        }
    }

    /** False if it cannot be done any more. */
    private boolean perform(LogQueue.Task task, Completions completions) {
        if (task instanceof LogQueue.Group group) {
            return commit(group, completions);
        } else if (task instanceof LogQueue.Load load) {
            completions.loaded(
                    load.first(), file.reader().load(load.first(), load.lastInclusive(), load.maxBytes(), file.hard()));
        } else if (task instanceof LogQueue.Note note) {
            if (!space.whenThereIsRoom(note.write(), file::undo)) {
                note.done().completeExceptionally(new IllegalStateException("the log is closed"));
                return false;
            }
            note.done().complete(null);
        } else if (task instanceof LogQueue.FinishCheckpoint) {
            space.ifThereIsRoom(() -> checkpoints.done(file.checkpoint()), checkpoints::putOff);
        } else if (task instanceof LogQueue.CutPrefix) {
            cutPrefix(completions);
        }
        return true;
    }

    /** With a commit of its own: groups that are written take a piece with them anyway. */
    private void cutPrefix(Completions completions) {
        if (!queue.isEmpty()) {
            return;
        }
        boolean[] cut = new boolean[1];
        space.ifThereIsRoom(
                () -> {
                    cut[0] = file.cutPrefix(truncateThrough);
                    file.commit(); // also what was only read: no checkpoint can be made within a transaction
                },
                () -> {
                    cut[0] = false;
                    file.undo();
                });
        if (cut[0]) {
            wasCut(completions);
            queue.offer(new LogQueue.CutPrefix());
        }
    }

    private void wasCut(Completions completions) {
        base = file.hard().snapshotIndex();
        completions.truncated(base);
        checkpoints.wrote(FRAMES_PER_CUT);
    }

    private boolean commit(LogQueue.Group group, Completions completions) {
        List<LogWrite> writes = group.writes();
        boolean[] cut = new boolean[1];
        long[] began = new long[1];
        boolean durably = space.whenThereIsRoom(
                () -> {
                    end.beforeWriting(writes);
                    file.write(writes, this::fileOf);
                    cut[0] = file.cutPrefix(truncateThrough);
                    began[0] = System.nanoTime();
                    file.commit();
                },
                file::undo);
        if (!durably) {
            return false;
        }
        long nanos = System.nanoTime() - began[0];
        end.durable(file);
        durable.durable(writes.get(writes.size() - 1).seq(), file.lastIndex());
        for (LogWrite write : writes) {
            if (write.snapshot() != null) {
                snapshotFiles.remove(write.snapshot());
            }
            completions.persisted(write.seq());
        }
        tailStart = file.tailStart();
        base = file.hard().snapshotIndex();
        if (cut[0]) {
            wasCut(completions);
        }
        completions.committed(nanos, group.entries());
        checkpoints.wrote(FRAMES_PER_COMMIT + group.bytes() / LogFile.FORMAT.pageSizeBytes());
        space.space().wrote(group.bytes());
        return true;
    }

    private String fileOf(SnapshotMeta snapshot) {
        String name = snapshotFiles.get(snapshot);
        if (name == null) {
            throw new IllegalStateException("no file holds " + snapshot);
        }
        return name;
    }

    private void dropRest(Throwable cause) {
        for (LogQueue.Task task : queue.abandon()) {
            if (task instanceof LogQueue.Note note) {
                note.done().completeExceptionally(cause);
            }
        }
    }
}
