package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.storage.sqlite.Checkpointer;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import dev.rollcall.storage.sqlite.SqliteState;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the state file that a snapshot has brought the one in use, once the log says so. On the apply thread, between two
 * batches; what takes long was done before, or is done elsewhere afterwards.
 */
final class Installer implements Function<SnapshotMeta, SqliteState> {
    private static final Logger log = LoggerFactory.getLogger(Installer.class);

    private final MemberFiles files;
    private final SqliteSnapshots snapshots;
    private final SqliteState.Flushed flushed;
    private final Fatal fatal;
    private volatile @Nullable Checkpointer checkpointer;

    Installer(MemberFiles files, SqliteSnapshots snapshots, SqliteState.Flushed flushed, Fatal fatal) {
        this.files = files;
        this.snapshots = snapshots;
        this.flushed = flushed;
        this.fatal = fatal;
    }

    /** Starts the writer of the state file there is, and the checkpoints of it and of the log. */
    void start() {
        begin(files.file());
        checkpointer = Checkpointer.start(files.log(), files.file(), cause -> fatal.stop("the checkpointer", cause));
    }

    private void begin(SqliteState file) {
        file.start(flushed, cause -> fatal.stop("the state writer", cause));
    }

    /** The state file in use from here on. */
    @Override
    public SqliteState apply(SnapshotMeta snapshot) {
        SqliteSnapshots.Generation next = snapshots.take(snapshot);
        begin(next.file());
        files.state().adopt(next.state());
        SqliteState old = files.current().getAndSet(next.file());
        Checkpointer running = checkpointer;
        if (running != null) {
            running.replace(old, next.file());
        }
        // Only now: a reader that finds the old file closed must find the new state there.
        snapshots.retire(old);
        log.info(
                "the state is a snapshot at entry {} now, {} bytes; the log goes on from there",
                snapshot.index(),
                snapshot.sizeBytes());
        return next.file();
    }

    void stop() {
        Checkpointer running = checkpointer;
        if (running != null) {
            running.close();
        }
    }
}
