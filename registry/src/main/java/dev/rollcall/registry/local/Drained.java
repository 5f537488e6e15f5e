package dev.rollcall.registry.local;

/**
 * When an instance was taken out of traffic.
 *
 * @param revision at which the store says so
 * @param atNanos by {@link System#nanoTime}, when this agent learned that it was written
 */
record Drained(long revision, long atNanos) {}
