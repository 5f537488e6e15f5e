package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A compact copy of the state file that is to take its place. */
final class Defragmentation {
    private final SqliteLog log;
    private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

    Defragmentation(SqliteLog log) {
        this.log = log;
    }

    CompletableFuture<@Nullable Void> done() {
        return done;
    }

    /**
     * Makes the copy and switches to it, durably; on the state writer's thread. Until it returns, {@code old} is the member's
     * state file.
     *
     * @throws IOException if that was not possible; {@code old} is the member's state file as before
     */
    StateFile copy(StateFile old, StateQueue queue) throws IOException {
        Path directory = StateCopy.parentOf(old.path());
        String name = StateFiles.next(directory);
        Path path = directory.resolve(name);
        StateFile next;
        try (SqliteFile source = SqliteFile.openForMaintenance(old.path(), StateFile.FORMAT)) {
            StateCopy.Making making = new StateCopy.Making(source);
            queue.onCrowded(making::abort);
            try {
                making.into(path);
            } catch (SQLException | IOException e) {
                StateFiles.delete(path);
                throw new IOException(
                        making.aborted() ? "given up so that no writer has to wait" : String.valueOf(e.getMessage()),
                        e);
            } finally {
                queue.onCrowded(() -> {});
            }
        }
        next = StateFile.open(path);
        log.switchState(name);
        return next;
    }
}
