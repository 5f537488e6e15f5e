package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.SnapshotStore;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.sqlite.SnapshotCounts.Step;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Copies of the state: made for followers and for those who save one, sent piece by piece, put together again, and made
 * ready to be switched to. One thread does all of it, in the order of the calls, so there is one copy in the making at a
 * time, and neither the raft nor the apply thread waits for any of it.
 *
 * <p>{@link SnapshotStore}'s methods are for the raft thread; the rest may be called from any.
 */
public final class SqliteSnapshots implements SnapshotStore, AutoCloseable {
    /** Copies that may wait to be made for those who save one. */
    public static final int SAVES_MAX = 8;

    private static final Logger LOG = LoggerFactory.getLogger(SqliteSnapshots.class);
    /** A copy that nobody needs is kept so long, for a follower that comes back and goes on where it was. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long FLUSH_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** What becomes of calls of {@link SnapshotStore}, reported on the snapshots' own thread. */
    public interface Completions {
        void prepared(SnapshotMeta copy);

        void unavailable();

        void read(long to, SnapshotMeta copy, long offset, byte[] bytes);

        void written(SnapshotMeta snapshot, long through);

        void verified(SnapshotMeta snapshot, boolean good);
    }

    /**
     * A snapshot that has arrived, ready to take the place of the state there is.
     *
     * @param file not started yet
     * @param state recovered from it
     */
    public record Generation(SqliteState file, ReplicatedState state) {}

    private record Arriving(SnapshotMeta snapshot, long bytes) {
        @Override
        public String toString() {
            String which = "the snapshot at entry " + snapshot.index();
            long size = snapshot.sizeBytes();
            return bytes < size
                    ? "receiving " + which + ": " + bytes + " of " + size + " bytes, " + bytes * 100 / size + "%"
                    : "checking and reading " + which + ", " + size + " bytes";
        }
    }

    private final DataDirectory directory;
    private final SqliteLog log;
    private final Supplier<SqliteState> current;
    private final LongSupplier applied;
    private final StateLimits limits;
    private final Pace pace;
    private final IncomingSnapshot incoming;
    private final LinkedBlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
    private final Map<SnapshotMeta, Generation> ready = new ConcurrentHashMap<>();
    private final AtomicInteger saves = new AtomicInteger();
    private final SnapshotCounts counts = new SnapshotCounts();
    private final Thread thread;
    /** When the first piece was read for each follower that has not had all. */
    private final Map<Long, Long> sendingSinceNanos = new HashMap<>();

    private long receivingSinceNanos;
    private @Nullable Completions completions;
    private @Nullable Consumer<Throwable> failed;
    private volatile @Nullable StateCopy copy;
    private volatile boolean lingering;
    private long lingersUntilNanos;
    private long copies;
    private boolean lookedForEarlier;
    /** Whether a snapshot is not taken for want of room. */
    private boolean waiting;
    /** Whether the last copy for a follower could not be made. */
    private boolean cannotCopy;

    private volatile StateCopy.@Nullable Making making;
    private volatile boolean closing;
    private volatile @Nullable Arriving arriving;

    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    /**
     * @param current the state file there is
     * @param applied index of the last applied entry
     * @param bytesPerSecond how fast followers are sent copies, all of them together
     */
    public SqliteSnapshots(
            DataDirectory directory,
            SqliteLog log,
            Supplier<SqliteState> current,
            LongSupplier applied,
            StateLimits limits,
            long bytesPerSecond) {
        this.directory = directory;
        this.log = log;
        this.current = current;
        this.applied = applied;
        this.limits = limits;
        this.pace = new Pace(bytesPerSecond);
        this.incoming = new IncomingSnapshot(directory.path());
        this.thread = new Thread(this::run, "rollcall-snapshot");
        this.thread.setDaemon(true);
    }

    /**
     * Starts the thread.
     *
     * @param fatal fatal, as in {@link SqliteLog.Completions#failed}; copies that cannot be made or stored are not, unless
     *     what is to be copied is damaged
     */
    public void start(Completions reports, Consumer<Throwable> fatal) {
        completions = reports;
        failed = fatal;
        thread.start();
    }

    private Completions reports() {
        Completions to = completions;
        if (to == null) {
            throw new IllegalStateException("snapshots are used before they are started");
        }
        return to;
    }

    private void run() {
        try {
            while (!closing) {
                Task next = lingering
                        ? tasks.poll(lingersUntilNanos - System.nanoTime(), TimeUnit.NANOSECONDS)
                        : tasks.take();
                perform(next == null ? this::dropCopy : next);
            }
        } catch (InterruptedException e) {
            // Closing.
        } catch (Throwable e) {
            if (!closing && failed != null) {
                failed.accept(e);
            }
        }
    }

    /** What fails with an IOException is a copy that is not made or not deleted: the state itself is not touched. */
    private void perform(Task task) throws InterruptedException {
        try {
            task.run();
        } catch (IOException e) {
            if (!closing) {
                LOG.warn("snapshots: {}", e.getMessage());
            }
        }
    }

    @Override
    public void prepare() {
        long upTo = applied.getAsLong();
        tasks.add(() -> {
            try {
                StateCopy kept = copy;
                if (kept != null && lingering && kept.snapshot().index() >= log.base() && kept.isWhole()) {
                    lingering = false;
                    reports().prepared(kept.snapshot());
                    return;
                }
                dropCopy();
                long began = System.nanoTime();
                StateCopy made = make(upTo);
                copy = made;
                cannotCopy = false;
                counts.bytes(Step.COPY, made.sizeBytes());
                counts.done(Step.COPY, began);
                LOG.info(
                        "copied the state at entry {} for a follower: {} bytes",
                        made.snapshot().index(),
                        made.sizeBytes());
                reports().prepared(made.snapshot());
            } catch (IOException e) {
                // It is tried again and again.
                LOG.atLevel(cannotCopy ? Level.DEBUG : Level.WARN)
                        .log("no copy of the state for a follower: {}", e.getMessage());
                cannotCopy = true;
                reports().unavailable();
            }
        });
    }

    private StateCopy make(long upTo) throws IOException, InterruptedException {
        SqliteState file = current.get();
        if (!file.awaitFlushed(upTo, FLUSH_NANOS)) {
            throw new IOException("the state file did not come as far as entry " + upTo + " in time");
        }
        var target = directory.path().resolve(StateFiles.copy(++copies));
        try {
            return StateCopy.of(file.path(), target, begun -> {
                making = begun;
                if (closing) {
                    begun.abort();
                }
            });
        } finally {
            making = null;
        }
    }

    @Override
    public void read(long to, SnapshotMeta wanted, long offset, int length) {
        tasks.add(() -> {
            StateCopy from = copy;
            if (from == null || !from.snapshot().equals(wanted)) {
                return;
            }
            pace.await(length, () -> closing);
            try {
                byte[] bytes = from.read(offset, length);
                countSent(to, offset, bytes.length, wanted.sizeBytes());
                reports().read(to, wanted, offset, bytes);
            } catch (IOException e) {
                // The follower asks again.
                LOG.warn("the copy of the state cannot be read: {}", e.getMessage());
            }
        });
    }

    private void countSent(long to, long offset, int bytes, long of) {
        long now = System.nanoTime();
        long since = sendingSinceNanos.merge(to, now, (before, begins) -> offset == 0 ? begins : before);
        counts.bytes(Step.SEND, bytes);
        if (offset + bytes == of) {
            sendingSinceNanos.remove(to);
            counts.done(Step.SEND, since);
        }
    }

    @Override
    public void release(SnapshotMeta unwanted) {
        tasks.add(() -> {
            StateCopy here = copy;
            if (here != null && here.snapshot().equals(unwanted)) {
                lingering = true;
                lingersUntilNanos = System.nanoTime() + LINGER_NANOS;
            }
        });
    }

    /**
     * Index above which the log is of use for a copy that is kept for whoever comes back; {@link Long#MAX_VALUE} if none is, or
     * if the log is too long already.
     */
    public long keepsLogAbove() {
        StateCopy kept = copy;
        boolean useful =
                kept != null && lingering && log.tailStart() <= kept.snapshot().index();
        return useful && kept != null ? kept.snapshot().index() : Long.MAX_VALUE;
    }

    private void dropCopy() throws IOException {
        StateCopy dropped = copy;
        copy = null;
        lingering = false;
        if (dropped != null) {
            dropped.close();
        }
    }

    @Override
    public long received(SnapshotMeta snapshot) {
        if (!lookedForEarlier) {
            // Of an earlier process: before this one has put anything there.
            lookedForEarlier = true;
            try {
                arriving = new Arriving(snapshot, incoming.received(snapshot));
            } catch (IOException e) {
                LOG.warn("what is here of a snapshot cannot be read: {}", e.getMessage());
            }
        }
        Arriving here = arriving;
        return here != null && here.snapshot().equals(snapshot) ? here.bytes() : 0;
    }

    @Override
    public void write(SnapshotMeta snapshot, long offset, byte[] bytes) {
        lookedForEarlier = true;
        Arriving here = arriving;
        if (here == null || !here.snapshot().equals(snapshot)) {
            arriving = new Arriving(snapshot, 0);
        }
        tasks.add(() -> {
            try {
                if (offset == 0) {
                    incoming.discard(); // of another one, which may take the room of this
                } else if (waiting) {
                    return; // follows a beginning that was not taken
                }
                boolean room = DiskSpace.hasRoomToSpare(directory.path(), snapshot.sizeBytes() - offset);
                if (offset == 0 && waitsForRoom(snapshot, room)) {
                    return;
                }
                if (!room) {
                    throw new IOException("somebody else has taken the room for it");
                }
                if (offset == 0 || receivingSinceNanos == 0) {
                    receivingSinceNanos = System.nanoTime();
                    LOG.info("receiving the snapshot at entry {}: {} bytes", snapshot.index(), snapshot.sizeBytes());
                }
                if (offset == 0) {
                    incoming.begin(snapshot);
                }
                incoming.write(offset, bytes);
            } catch (IOException e) {
                LOG.warn("a snapshot cannot be stored: {}", e.getMessage());
                arriving = null;
                incoming.discard();
                reports().verified(snapshot, false);
                return;
            }
            counts.bytes(Step.RECEIVE, bytes.length);
            long through = offset + bytes.length;
            Arriving now = arriving;
            if (now != null && now.snapshot().equals(snapshot) && through > now.bytes()) {
                arriving = new Arriving(snapshot, through);
            }
            reports().written(snapshot, through);
        });
    }

    /** It is offered again and again, so all that there is to do about it is to say so, once. */
    private boolean waitsForRoom(SnapshotMeta snapshot, boolean room) {
        if (!room && !waiting) {
            LOG.warn(
                    "there is no room on the disk of {} for a snapshot of {} bytes: it is taken when there is",
                    directory.path(),
                    snapshot.sizeBytes());
        }
        waiting = !room;
        return waiting;
    }

    @Override
    public void verify(SnapshotMeta snapshot) {
        tasks.add(() -> {
            boolean good = false;
            try {
                good = incoming.isWhole(snapshot);
                if (good) {
                    long began = System.nanoTime();
                    counts.done(Step.RECEIVE, receivingSinceNanos == 0 ? began : receivingSinceNanos);
                    receivingSinceNanos = 0;
                    makeReady(snapshot);
                    counts.bytes(Step.INSTALL, snapshot.sizeBytes());
                    counts.done(Step.INSTALL, began);
                } else {
                    LOG.warn("the snapshot at entry {} has arrived damaged", snapshot.index());
                }
            } catch (IOException | RuntimeException e) {
                // Whatever it is, nothing of it is in use: the state there is goes on, and another copy may be better.
                LOG.warn("the snapshot at entry {} is not taken: {}", snapshot.index(), e.getMessage());
                good = false;
            }
            arriving = null;
            reports().verified(snapshot, good);
        });
    }

    /** Opens it as the next state file and reads all of it, every checksum included. */
    private void makeReady(SnapshotMeta snapshot) throws IOException {
        String name = StateFiles.next(directory.path());
        var path = directory.path().resolve(name);
        incoming.moveTo(path);
        SqliteState file = null;
        try {
            file = SqliteState.open(path, log.cluster(), log.space(), log::durableIndex);
            ReplicatedState state = ReplicatedState.recover(file.image(), file, limits);
            if (state.applied() != snapshot.index()
                    || state.appliedTerm() != snapshot.term()
                    || !state.members().membership().equals(snapshot.membership())) {
                throw new DamagedException(path, "it is not the state at entry " + snapshot.index());
            }
            ready.put(snapshot, new Generation(file, state));
            log.snapshotIn(snapshot, name);
        } catch (RuntimeException e) {
            if (file != null) {
                file.close();
            }
            StateFiles.delete(path);
            throw e;
        }
    }

    /** What is to take the place of the state there is, once its switch in the log is durable. */
    public Generation take(SnapshotMeta snapshot) {
        Generation taken = ready.remove(snapshot);
        if (taken == null) {
            throw new IllegalStateException("nothing was made ready of " + snapshot);
        }
        return taken;
    }

    /** Another generation has taken the place of this file: closes and deletes it, once nobody reads from it. */
    public void retire(SqliteState old) {
        tasks.add(() -> {
            try {
                old.abandon();
            } catch (IOException e) {
                // The next start deletes it.
                LOG.warn("an old state file is still there: {}", e.getMessage());
            }
        });
    }

    @Override
    public void discard(SnapshotMeta snapshot) {
        lookedForEarlier = true;
        arriving = null;
        tasks.add(() -> {
            Generation dropped = ready.remove(snapshot);
            log.forget(snapshot);
            if (dropped != null) {
                dropped.file().abandon();
            } else if (incoming.received(snapshot) > 0) {
                incoming.discard();
            }
        });
    }

    /** How far the snapshot has come that is on its way to this member, in words; null if none is. Any thread. */
    public @Nullable String arriving() {
        Arriving here = arriving;
        return here == null ? null : here.toString();
    }

    /** What has become of snapshots so far. */
    public SnapshotCounts counts() {
        return counts;
    }

    /**
     * A copy of the state that holds everything applied by now; the caller closes it.
     *
     * @return fails with an {@link IOException} if it cannot be made, or if {@value #SAVES_MAX} wait already
     */
    public CompletableFuture<StateCopy> save() {
        CompletableFuture<StateCopy> done = new CompletableFuture<>();
        if (saves.incrementAndGet() > SAVES_MAX || closing) {
            saves.decrementAndGet();
            return CompletableFuture.failedFuture(new IOException("too many copies of the state are asked for"));
        }
        long upTo = applied.getAsLong();
        tasks.add(() -> {
            try {
                done.complete(make(upTo));
            } catch (IOException e) {
                done.completeExceptionally(e);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
                throw e;
            } finally {
                saves.decrementAndGet();
            }
        });
        return done;
    }

    /** Puts a compact copy in the place of the state file; see {@link SqliteState#defragment}. */
    public CompletableFuture<@Nullable Void> defragment() {
        return closing
                ? CompletableFuture.failedFuture(new IOException("this member is stopping"))
                : current.get().defragment(log);
    }

    /** Ends the thread; before log and state are closed. */
    @Override
    public void close() {
        closing = true;
        StateCopy.Making begun = making;
        if (begun != null) {
            begun.abort();
        }
        thread.interrupt();
        Threads.join(thread);
        current.get().endDefragmentation();
        try {
            dropCopy();
            incoming.closeChannel();
        } catch (IOException e) {
            LOG.warn("a copy of the state is still there: {}", e.getMessage());
        }
        ready.values().forEach(generation -> generation.file().close());
    }
}
