package dev.rollcall.storage.sqlite;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Whose turn it is to checkpoint one file. The writer counts frames; when there are enough, the maintenance thread copies
 * most of them on its own connection, and the writer then copies the few that came meanwhile, between two commits. Only
 * so can the next commit start the WAL from its beginning: writing over allocated blocks costs half of growing a file.
 */
final class CheckpointTurn {
    private enum Turn {
        NOBODY,
        MAINTENANCE,
        WRITER
    }

    private final int dueFrames;
    private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.NOBODY);
    private final Runnable wakeWriter;
    private volatile Runnable wakeMaintenance = () -> {};
    private long frames;

    /**
     * @param wakeWriter makes the writer look at {@link #isWriters} soon, even if it has nothing else to do
     */
    CheckpointTurn(int dueFrames, Runnable wakeWriter) {
        this.dueFrames = dueFrames;
        this.wakeWriter = wakeWriter;
    }

    /** To be called when it becomes the maintenance thread's turn. */
    void onDue(Runnable wake) {
        wakeMaintenance = wake;
        if (isMaintenances()) {
            wake.run();
        }
    }

    /** Writer: a commit has added about this many frames. */
    void wrote(long added) {
        frames += added;
        if (frames >= dueFrames && turn.compareAndSet(Turn.NOBODY, Turn.MAINTENANCE)) {
            wakeMaintenance.run();
        }
    }

    /** A checkpoint is wanted now, however short the WAL is. Any thread. */
    void ask() {
        if (turn.compareAndSet(Turn.NOBODY, Turn.MAINTENANCE)) {
            wakeMaintenance.run();
        }
    }

    /** The file is another one now: the maintenance thread is to let go of the one before. Any thread. */
    void moved() {
        wakeMaintenance.run();
    }

    boolean isMaintenances() {
        return turn.get() == Turn.MAINTENANCE;
    }

    /** Maintenance: copied what could be copied. */
    void handToWriter() {
        turn.set(Turn.WRITER);
        wakeWriter.run();
    }

    boolean isWriters() {
        return turn.get() == Turn.WRITER;
    }

    /** Writer: there was no room for it. Tried again after as many frames as for the first time. */
    void putOff() {
        frames = 0;
        turn.set(Turn.NOBODY);
    }

    /** Writer: has run its own, with this result. */
    void done(SqliteFile.WalFrames result) {
        // Frames that a reader held back are not copied yet; they count towards the next time.
        frames = result.left();
        turn.set(Turn.NOBODY);
    }
}
