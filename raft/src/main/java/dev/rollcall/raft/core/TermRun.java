package dev.rollcall.raft.core;

/**
 * A stretch of the log that has one term: from {@code first} up to the next run. Terms change rarely, so the runs of a
 * whole log fit in memory and no term look-up ever waits for a disk.
 */
public record TermRun(long first, long term) {}
