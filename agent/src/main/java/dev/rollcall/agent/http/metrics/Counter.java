package dev.rollcall.agent.http.metrics;

import java.util.concurrent.atomic.LongAdder;

/** Something that happens and is counted; from any thread. */
public final class Counter {
    private final LongAdder count = new LongAdder();

    Counter() {}

    /** It happened once. */
    public void increment() {
        count.increment();
    }

    /** It happened so many times; negative numbers are ignored, as a counter never falls. */
    public void add(long times) {
        if (times > 0) {
            count.add(times);
        }
    }

    /** How often so far. */
    public long count() {
        return count.sum();
    }
}
