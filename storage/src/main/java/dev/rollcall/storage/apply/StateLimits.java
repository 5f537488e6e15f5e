package dev.rollcall.storage.apply;

/**
 * Bounds of one member's memory; members may differ in them.
 *
 * @param valueCacheBytes values kept in memory
 * @param ringBytes recent events kept for watchers
 */
public record StateLimits(long valueCacheBytes, long ringBytes) {
    /** 64 MiB of values, 4 MiB of events. */
    public static final StateLimits DEFAULTS = new StateLimits(64L << 20, 4L << 20);
}
