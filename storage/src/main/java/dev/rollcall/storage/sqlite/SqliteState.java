package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.ColdValues;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The state file: written behind the apply thread by a thread of its own, read for values that have left memory. It may
 * be any distance behind what is applied, and is never ahead of the local log; what is missing is replayed from there.
 *
 * <p>In order: {@link #open}, {@link #image}, {@link #start}, then everything else; {@link #submit} from one thread.
 */
public final class SqliteState implements ColdValues, AutoCloseable {
    private static final int CHECKPOINT_FRAMES = 8_000;
    private static final Pattern GENERATION = Pattern.compile("state-\\d+\\.db");

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

    private final StateFile file;
    private final StateQueue queue;
    private final ValueReaders readers;
    private final SpaceWait space;
    private final CheckpointTurn checkpoints;
    private int walFrames;
    private volatile StateFile.Size size;
    private volatile long flushedIndex;
    private volatile long checkpointedIndex;
    private @Nullable Thread thread;

    private SqliteState(StateFile file, DiskSpace space, LongSupplier durableIndex) {
        this.file = file;
        queue = new StateQueue(durableIndex);
        this.space = new SpaceWait(space, queue::isClosed);
        readers = new ValueReaders(file.path());
        checkpoints =
                new CheckpointTurn(space.walFrames(CHECKPOINT_FRAMES, StateFile.FORMAT.pageSizeBytes()), queue::poke);
        size = file.size();
    }

    /**
     * Opens or makes the state file, and deletes other generations of it.
     *
     * @param fileName {@link DataDirectory#stateFileName}
     * @param durableIndex {@link SqliteLog#durableIndex}: nothing past it is ever written
     * @throws DamagedException if SQLite says so
     */
    public static SqliteState open(DataDirectory directory, String fileName, LongSupplier durableIndex) {
        if (!GENERATION.matcher(fileName).matches()) {
            throw new IllegalArgumentException("not a state file: " + fileName);
        }
        deleteOthers(directory.path(), fileName);
        StateFile file = StateFile.open(directory.path().resolve(fileName));
        try {
            return new SqliteState(file, directory.space(), durableIndex);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** An unfinished copy or a generation that was switched away from. */
    private static void deleteOthers(Path directory, String fileName) {
        try (var files = Files.newDirectoryStream(directory, "state-*.db*")) {
            for (Path other : files) {
                String name = String.valueOf(other.getFileName()).replaceFirst("-(wal|shm)$", "");
                if (GENERATION.matcher(name).matches() && !name.equals(fileName)) {
                    Files.delete(other);
                }
            }
        } catch (IOException e) {
            throw new DataDirectoryException("cannot clear " + directory + ": " + e, e);
        }
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
        StateMeta inFile = image().meta();
        queue.startAfter(inFile);
        flushedIndex = inFile.applied();
        Thread started = new Thread(() -> run(flushed, failed), "rollcall-state");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /**
     * Hands over what the apply thread has sealed, in order. Blocks while 64 MiB or 16,384 batches wait: a disk that
     * cannot keep up slows apply down.
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
     */
    @Override
    public byte @Nullable [] value(long rowId) {
        return readers.value(rowId);
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

    Checkpointer.Target checkpoints() {
        return new Checkpointer.Target(file.path(), StateFile.FORMAT, checkpoints);
    }

    /** Writes what may be written by now, then ends the thread: close the log first, and the directory last. */
    @Override
    public void close() {
        queue.close();
        Threads.join(thread);
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
            }
        } catch (Throwable e) {
            // Whatever it is, nobody knows now what the file holds: write nothing more and say so, once.
            queue.fail();
            failed.accept(e);
        }
    }

    /** False if the file was closed before there was room. */
    private boolean flush(List<StateBatch> batches, Flushed flushed) {
        int rows = 0;
        for (StateBatch batch : batches) {
            rows += batch.rows().size() + batch.deletedRows().length;
        }
        StateMeta meta = batches.get(batches.size() - 1).meta();
        long began = System.nanoTime();
        if (!space.whenThereIsRoom(() -> file.flush(batches), file::undo)) {
            return false;
        }
        long nanos = System.nanoTime() - began;
        size = file.size();
        flushedIndex = meta.applied();
        queue.flushed();
        flushed.flushed(meta);
        flushed.committed(nanos, rows);
        int total = file.walFrames().total();
        // Less than before: this flush has started the WAL over.
        checkpoints.wrote(total < walFrames ? total : total - walFrames);
        walFrames = total;
        return true;
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
}
