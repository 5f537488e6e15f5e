package dev.rollcall.storage.sqlite;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps the WALs of log and state short without a checkpoint in the way of a commit. When a WAL is long, this thread
 * copies it twice on a connection of its own (the second time takes only what came during the first), then the file's
 * writer copies the little that is left, between two commits; the next commit starts the WAL over. Nothing is ever
 * truncated while it is in use: a WAL that grows anew makes every fsync dearer.
 */
public final class Checkpointer implements AutoCloseable {
    private final List<Target> targets;
    private final Map<Target, SqliteFile> connections = new HashMap<>();
    private final Semaphore wakeUps = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closing;

    /**
     * A file to be checkpointed.
     *
     * @param path where it is now: a state file may move
     */
    record Target(Supplier<Path> path, FileFormat format, CheckpointTurn turn) {}

    private Checkpointer(List<Target> targets, Consumer<Throwable> failed) {
        this.targets = new CopyOnWriteArrayList<>(targets);
        thread = new Thread(() -> run(failed), "rollcall-checkpoint");
        thread.setDaemon(true);
    }

    /**
     * Starts the maintenance thread. Close it before log and state.
     *
     * @param failed fatal, as in {@link SqliteLog.Completions#failed}
     */
    public static Checkpointer start(SqliteLog log, SqliteState state, Consumer<Throwable> failed) {
        return start(List.of(log.checkpoints(), state.checkpoints()), failed);
    }

    static Checkpointer start(List<Target> targets, Consumer<Throwable> failed) {
        Checkpointer checkpointer = new Checkpointer(targets, failed);
        checkpointer.thread.start();
        return checkpointer;
    }

    /** The state is in another file now. Any thread. */
    public void replace(SqliteState old, SqliteState next) {
        targets.removeIf(target -> target.turn() == old.checkpoints().turn());
        Target added = next.checkpoints();
        targets.add(added);
        added.turn().onDue(wakeUps::release);
        wakeUps.release();
    }

    private void run(Consumer<Throwable> failed) {
        try {
            targets.forEach(target -> target.turn().onDue(wakeUps::release));
            while (!closing) {
                wakeUps.acquire();
                wakeUps.drainPermits();
                for (Target each : targets) {
                    if (each.turn().isMaintenances() && !closing) {
                        copyTwice(connection(each));
                        each.turn().handToWriter();
                    }
                }
                dropUnused();
            }
        } catch (Throwable e) {
            // A checkpoint syncs: if that fails, nobody knows what the disk holds.
            failed.accept(e);
        } finally {
            connections.values().forEach(SqliteFile::close);
        }
    }

    private SqliteFile connection(Target target) {
        Path path = target.path().get();
        SqliteFile open = connections.get(target);
        if (open == null || !open.path().equals(path)) {
            if (open != null) {
                open.close();
            }
            open = SqliteFile.openForMaintenance(path, target.format());
            connections.put(target, open);
        }
        return open;
    }

    private void dropUnused() {
        connections.entrySet().removeIf(connection -> {
            // A file that was replaced takes its room on the disk until the last who has it open lets go of it.
            boolean gone = !targets.contains(connection.getKey())
                    || !connection
                            .getKey()
                            .path()
                            .get()
                            .equals(connection.getValue().path());
            if (gone) {
                connection.getValue().close();
            }
            return gone;
        });
    }

    private static void copyTwice(SqliteFile file) {
        try {
            file.checkpoint();
            file.checkpoint();
        } catch (SQLException e) {
            RuntimeException failure = file.failed("checkpointing", e);
            // The WAL still holds all that was to be copied. The writer finds the disk full as well, and puts it off.
            if (!(failure instanceof DiskException disk) || !disk.full()) {
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        wakeUps.release();
        Threads.join(thread);
    }
}
