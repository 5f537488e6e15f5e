package dev.rollcall.agent.local;

import java.util.concurrent.atomic.LongAdder;

/**
 * The streams that clients have open, counted, and the memory that is kept for what was asked for on them: each stream has
 * limits of its own, but there may be very many streams. Any thread.
 */
public final class OpenStreams {
    final LongAdder watchStreams = new LongAdder();
    final LongAdder watchers = new LongAdder();
    final LongAdder keepAliveStreams = new LongAdder();
    private final LongAdder keptBytes = new LongAdder();
    private final long keptBytesMax;

    OpenStreams(long keptBytesMax) {
        this.keptBytesMax = keptBytesMax;
    }

    /** Whether so much more may be kept; if so, it counts until it is given back. */
    boolean keep(long bytes) {
        if (keptBytes.sum() + bytes > keptBytesMax) {
            return false;
        }
        keptBytes.add(bytes);
        return true;
    }

    void giveBack(long bytes) {
        keptBytes.add(-bytes);
    }

    /** Watch calls. */
    public long watchStreams() {
        return watchStreams.sum();
    }

    /** Watches on them. */
    public long watchers() {
        return watchers.sum();
    }

    /** LeaseKeepAlive calls. */
    public long keepAliveStreams() {
        return keepAliveStreams.sum();
    }

    /** Memory of watches, and of renewals that are not answered. */
    public long keptBytes() {
        return keptBytes.sum();
    }
}
