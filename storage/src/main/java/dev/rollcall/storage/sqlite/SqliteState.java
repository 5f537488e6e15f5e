package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.storage.apply.ColdValues;
import dev.rollcall.storage.apply.ReplacedException;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state file: written behind the apply thread by a thread of its own, read for values that have left memory. It may
 * be any distance behind what is applied, and is never ahead of the local log; what is missing is replayed from there.
 *
 * <p>In order: {@link #open}, {@link #image}, {@link #start}, then everything else; {@link #submit} from one thread.
 */
public final class SqliteState implements ColdValues, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteState.class);
    private static final int CHECKPOINT_FRAMES = 8_000;
    private static final long ABORT_SECONDS = 10;

    /** What the state writer reports, on its own thread. */
    @FunctionalInterface
    public interface Flushed {
        /** The file holds everything up to this point. */
        void flushed(StateMeta durableInFile);

        /**
         * A flush was committed.
         *
         * @param nanos time the whole transaction took
         * @param rows revisions written and deleted
         */
        default void committed(long nanos, int rows) {}
    }

    private final StateQueue queue;
    private final SpaceWait space;
    private final CheckpointTurn checkpoints;
    private final Checkpointer.Target checkpointTarget;
    private final Object flushes = new Object();
    private final AtomicReference<@Nullable Defragmentation> defragmentation = new AtomicReference<>();
    private StateFile file;
    private volatile ValueReaders readers;
    private volatile Path path;
    private int walFrames;
    private StateMeta inFile = StateMeta.EMPTY;
    private volatile StateFile.Size size;
    private volatile long flushedIndex;
    private volatile long checkpointedIndex;
    private @Nullable Thread thread;
    private volatile Consumer<Throwable> failed = cause -> {};

    private SqliteState(StateFile file, DiskSpace space, LongSupplier durableIndex) {
        this.file = file;
        path = file.path();
        queue = new StateQueue(durableIndex, space.pendingBytes(StateQueue.BYTES_MAX));
        this.space = new SpaceWait(space, queue::closed);
        readers = new ValueReaders(path);
        checkpoints =
                new CheckpointTurn(space.walFrames(CHECKPOINT_FRAMES, StateFile.FORMAT.pageSizeBytes()), queue::poke);
        checkpointTarget = new Checkpointer.Target(this::path, StateFile.FORMAT, checkpoints);
        size = file.size();
    }

    /**
     * Opens the state file, and deletes other generations of it. Makes it where no member has ever voted or written.
     *
     * @param fileName {@link DataDirectory#stateFileName}
     * @param durableIndex {@link SqliteLog#durableIndex}: nothing past it is ever written
     * @throws DamagedException if SQLite says so, if it is another cluster's, or if it is missing
     */
    public static SqliteState open(DataDirectory directory, String fileName, LongSupplier durableIndex) {
        if (!StateFiles.isGeneration(fileName)) {
            throw new IllegalArgumentException("not a state file: " + fileName);
        }
        Path path = directory.path().resolve(fileName);
        HardRow hard = directory.log().hard();
        if (!Files.exists(path) && !hard.state().equals(HardState.EMPTY)) {
            throw new DamagedException(path, "it is missing, although " + LogFile.NAME + " goes on from it");
        }
        StateFiles.deleteAllBut(directory.path(), fileName);
        return open(path, hard.clusterId(), directory.space(), durableIndex);
    }

    /** Opens a file that is complete. */
    static SqliteState open(Path path, long cluster, DiskSpace space, LongSupplier durableIndex) {
        StateFile file = StateFile.open(path);
        try {
            if (cluster != 0) {
                file.belongTo(cluster);
            }
            return new SqliteState(file, space, durableIndex);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    /**
     * What the file holds. Before {@link #start}; read on the calling thread.
     *
     * @throws DamagedException on a bad checksum, here or while rows are read
     */
    public StateImage image() {
        if (thread != null) {
            throw new IllegalStateException("the state writer has been started");
        }
        return file.image();
    }

    /**
     * Starts the state writer.
     *
     * @param failed fatal, as in {@link SqliteLog.Completions#failed}
     */
    public void start(Flushed flushed, Consumer<Throwable> failed) {
        inFile = image().meta();
        queue.startAfter(inFile);
        this.failed = failed;
        flushedIndex = inFile.applied();
        Thread started = new Thread(() -> run(flushed, failed), "rollcall-state");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /** Whether {@link #submit} is about to block: what is handed over waits for the disk already. Any thread. */
    public boolean crowded() {
        return queue.isCrowded();
    }

    /**
     * Hands over what the apply thread has sealed, in order. Blocks while 64 MiB, on a small disk a sixteenth of it, or 16,384
     * batches wait: a disk that cannot keep up slows apply down.
     *
     * @throws IllegalStateException if the batch does not go on from the one before, or the writer has stopped
     */
    public void submit(StateBatch batch) {
        queue.put(batch);
    }

    /**
     * {@inheritDoc}
     *
     * @throws DamagedException if the row is
     * @throws ReplacedException after {@link #close} or {@link #abandon}
     */
    @Override
    public byte @Nullable [] value(long rowId) {
        while (true) {
            ValueReaders here = readers;
            try {
                return here.value(rowId);
            } catch (DamagedException e) {
                // Whoever asked gets nothing; neither shall anybody who comes after.
                failed.accept(e);
                throw e;
            } catch (ReplacedException e) {
                if (here == readers) {
                    throw e;
                }
            }
        }
    }

    @Override
    public RuntimeException missing(String what) {
        DamagedException damaged = new DamagedException(path, what + " is missing");
        failed.accept(damaged);
        return damaged;
    }

    /** Size of the file as of the last flush, its WAL not counted. Any thread. */
    public long sizeBytes() {
        return size.bytes();
    }

    /** The part of it that is not free. Any thread. */
    public long sizeInUseBytes() {
        return size.inUseBytes();
    }

    /** The file holds every entry up to here, once the operating system has written it. Any thread. */
    public long flushedIndex() {
        return flushedIndex;
    }

    /**
     * A loss of power cannot take the file back behind this index, so the log before it is no longer needed here; 0 before
     * the first checkpoint of this process. Any thread.
     */
    public long checkpointedIndex() {
        return checkpointedIndex;
    }

    /** Wants {@link #checkpointedIndex} to move on soon, however little there is to write. Any thread. */
    public void checkpointSoon() {
        checkpoints.ask();
    }

    /**
     * Waits until the file holds this entry. Any thread but the state writer's.
     *
     * @return whether it does; false if that takes too long or the writer has stopped
     */
    boolean awaitFlushed(long index, long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        synchronized (flushes) {
            while (flushedIndex < index) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (leftMs <= 0 || queue.closed()) {
                    return false;
                }
                flushes.wait(leftMs);
            }
        }
        return true;
    }

    /**
     * Puts a compact copy in the place of the file. Nothing is flushed meanwhile, so if writers are about to be held up by
     * that, it is given up and everything stays as it was.
     *
     * @param log to make the switch in
     * @return done when it is; fails with an {@link IOException} if it was given up or there is no room for a copy
     */
    CompletableFuture<@Nullable Void> defragment(SqliteLog log) {
        Defragmentation wanted = new Defragmentation(log);
        if (thread == null || queue.closed() || !defragmentation.compareAndSet(null, wanted)) {
            return CompletableFuture.failedFuture(
                    new IOException("the state file is being defragmented, or is closed"));
        }
        queue.poke();
        return wanted.done();
    }

    /** Gives up a copy that is being made to take the file's place, and waits for that. */
    void endDefragmentation() {
        Defragmentation wanted = defragmentation.get();
        if (wanted != null) {
            wanted.abort();
            wanted.done()
                    .exceptionally(e -> null)
                    .completeOnTimeout(null, ABORT_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    Checkpointer.Target checkpoints() {
        return checkpointTarget;
    }

    /** Writes what may be written by now, then ends the thread: close the log first, and the directory last. */
    @Override
    public void close() {
        queue.close();
        end();
    }

    /** Another generation has taken its place: writes nothing more, ends the thread, and deletes the file. */
    void abandon() throws IOException {
        queue.fail();
        end();
        StateFiles.delete(path);
    }

    private void end() {
        Threads.join(thread);
        Defragmentation left = defragmentation.getAndSet(null);
        if (left != null) {
            left.done().completeExceptionally(new IOException("the state file is closed"));
        }
        readers.close();
        file.close();
    }

    private void run(Flushed flushed, Consumer<Throwable> failed) {
        try {
            for (List<StateBatch> batches = queue.take(); batches != null; batches = queue.take()) {
                if (!batches.isEmpty() && !flush(batches, flushed)) {
                    return; // closed while there was no room: the log still holds all of it
                }
                if (checkpoints.isWriters()) {
                    checkpoint();
                }
                Defragmentation wanted = defragmentation.get();
                if (wanted != null && (wanted.hasWaited() || !isEarlyToReplace())) {
                    replaceFile(wanted, queue::onCrowded);
                }
            }
        } catch (Throwable e) {
            // Whatever it is, nobody knows now what the file holds: say so, before others come upon it, and write
            // nothing more.
            failed.accept(e);
            queue.fail();
        }
    }

    /** What is about to be flushed would end the copy at once, or gives the room for it. */
    private boolean isEarlyToReplace() {
        return queue.isCrowded()
                || (space.space().isShort()
                        && (!queue.isEmpty() || inFile.compactFinished() < inFile.compactScheduled()));
    }

    /** False if the file was closed before there was room. */
    private boolean flush(List<StateBatch> batches, Flushed flushed) {
        int rows = 0;
        for (StateBatch batch : batches) {
            rows += batch.rows().size() + batch.deletedRows().length;
        }
        StateMeta meta = batches.get(batches.size() - 1).meta();
        long began = System.nanoTime();
        if (!space.whenThereIsRoom(() -> file.flush(batches), this::foundNoRoom)) {
            return false;
        }
        long nanos = System.nanoTime() - began;
        size = file.size();
        inFile = meta;
        flushedIndex = meta.applied();
        synchronized (flushes) {
            flushes.notifyAll();
        }
        queue.flushed();
        flushed.flushed(meta);
        flushed.committed(nanos, rows);
        int total = file.walFrames().total();
        // Less than before: this flush has started the WAL over.
        int frames = total < walFrames ? total : total - walFrames;
        walFrames = total;
        checkpoints.wrote(frames);
        space.space().wrote((long) frames * StateFile.FORMAT.pageSizeBytes());
        return true;
    }

    /** The file is as the last flush has left it. A smaller one in its place may be the room that this one waits for. */
    private void foundNoRoom() {
        file.undo();
        Defragmentation wanted = defragmentation.get();
        if (wanted != null) {
            replaceFile(wanted, whenCrowded -> {}); // writers wait for room, and not for the copy
        }
    }

    private void checkpoint() {
        long index = flushedIndex;
        space.ifThereIsRoom(
                () -> {
                    SqliteFile.WalFrames result = file.checkpoint();
                    checkpoints.done(result);
                    if (result.left() == 0) {
                        checkpointedIndex = index;
                    }
                },
                checkpoints::putOff);
    }

    private void replaceFile(Defragmentation wanted, Consumer<Runnable> onCrowded) {
        StateFile old = file;
        try {
            StateFile next = wanted.copy(old, onCrowded);
            ValueReaders oldReaders = readers;
            file = next;
            path = next.path();
            readers = new ValueReaders(path);
            walFrames = 0;
            size = next.size();
            oldReaders.close();
            old.close();
            checkpoints.moved();
            deleteReplaced(old.path());
            wanted.done().complete(null);
        } catch (IOException e) {
            wanted.done().completeExceptionally(e);
        } catch (DamagedException e) {
            wanted.done().completeExceptionally(e);
            throw e;
        } finally {
            defragmentation.set(null);
        }
    }

    private static void deleteReplaced(Path old) {
        try {
            StateFiles.delete(old);
        } catch (IOException e) {
            // The next start deletes it.
            LOG.warn("an old state file is still there: {}", e.getMessage());
        }
    }
}
