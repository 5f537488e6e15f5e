package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A compact copy of the state file that is to take its place. */
final class Defragmentation {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final SqliteLog log;
    private final long sinceNanos = System.nanoTime();
    private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    private volatile boolean unwanted;
    private volatile StateCopy.@Nullable Making making;

    Defragmentation(SqliteLog log) {
        this.log = log;
    }

    CompletableFuture<@Nullable Void> done() {
        return done;
    }

    /** Whether it has been wanted for so long that it had better be given up than wait for writers to be fewer. */
    boolean hasWaited() {
        return System.nanoTime() - sinceNanos >= PATIENCE_NANOS;
    }

    /** Gives it up, unless the switch has begun. Any thread. */
    void abort() {
        unwanted = true;
        StateCopy.Making begun = making;
        if (begun != null) {
            begun.abort();
        }
    }

    /**
     * Makes the copy and switches to it, durably; on the state writer's thread. Until it returns, {@code old} is the member's
     * state file.
     *
     * @param onCrowded takes what gives it up as soon as writers are about to be held up by it
     * @throws IOException if that was not possible; {@code old} is the member's state file as before
     * @throws DamagedException if {@code old} is
     */
    StateFile copy(StateFile old, Consumer<Runnable> onCrowded) throws IOException {
        Path directory = StateCopy.parentOf(old.path());
        String name = StateFiles.next(directory);
        Path path = directory.resolve(name);
        try (SqliteFile source = SqliteFile.openForMaintenance(old.path(), StateFile.FORMAT)) {
            StateCopy.Making begun = new StateCopy.Making(source, log.space()::hasRoomToReplace);
            making = begun;
            onCrowded.accept(begun::abort);
            if (unwanted) {
                begun.abort();
            }
            begun.into(path);
        } catch (DamagedException e) {
            StateFiles.delete(path);
            throw e;
        } catch (SQLException | IOException | RuntimeException e) {
            StateFiles.delete(path);
            StateCopy.Making begun = making;
            boolean aborted = begun != null && begun.aborted();
            throw new IOException(aborted ? "given up so that nobody has to wait" : String.valueOf(e.getMessage()), e);
        } finally {
            making = null;
            onCrowded.accept(() -> {});
        }
        StateFile next = open(path);
        log.switchState(name);
        return next;
    }

    private static StateFile open(Path path) throws IOException {
        try {
            return StateFile.open(path);
        } catch (RuntimeException e) {
            StateFiles.delete(path);
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }
}
