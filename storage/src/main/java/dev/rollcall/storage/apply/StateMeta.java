package dev.rollcall.storage.apply;

/**
 * The state file's own place in history.
 *
 * @param applied index of the last entry whose effects are all in the file
 * @param term term of that entry
 * @param revision store revision; 1 for an empty store
 * @param compactScheduled revision up to which reads are refused
 * @param compactFinished revision up to which superseded rows are deleted
 */
public record StateMeta(long applied, long term, long revision, long compactScheduled, long compactFinished) {
    public static final StateMeta EMPTY = new StateMeta(0, 0, 1, 0, 0);
}
