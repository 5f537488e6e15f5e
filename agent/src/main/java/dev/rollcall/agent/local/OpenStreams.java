package dev.rollcall.agent.local;

import java.util.concurrent.atomic.LongAdder;

/** The streams that clients have open, counted. Any thread. */
public final class OpenStreams {
    final LongAdder watchStreams = new LongAdder();
    final LongAdder watchers = new LongAdder();
    final LongAdder keepAliveStreams = new LongAdder();

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
}
