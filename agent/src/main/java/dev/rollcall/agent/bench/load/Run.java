package dev.rollcall.agent.bench.load;

import io.netty.channel.EventLoop;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/** One run of a load: gives out its operations, waits for their end, adds up what the event loops recorded. */
final class Run {
    /** No operation is left. */
    static final long NONE = -1;

    private static final int LOOK_EVERY_MS = 100;
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final double NANOS_PER_S = 1e9;

    private final long total;
    private final long expected;
    private final double nanosPerOperation;
    private final AtomicLong given = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final Map<EventLoop, Recorder> recorders = new ConcurrentHashMap<>();
    private final CountDownLatch clients;
    private final long cpuAtStart = processCpuNanos();
    private final long startNanos = System.nanoTime();
    private volatile boolean stopped;

    /**
     * @param clients that will each call {@link #leave} once
     * @param total operations given out
     * @param expected what is recorded in the end, for the progress
     * @param ratePerSecond 0: as fast as the clients ask
     */
    Run(int clients, long total, long expected, double ratePerSecond) {
        this.clients = new CountDownLatch(clients);
        this.total = total;
        this.expected = expected;
        this.nanosPerOperation = ratePerSecond > 0 ? NANOS_PER_S / ratePerSecond : 0;
    }

    /** Number of the next operation, from 0, or {@link #NONE}. */
    long take() {
        if (stopped) {
            return NONE;
        }
        long number = given.getAndIncrement();
        return number < total ? number : NONE;
    }

    /** When an operation is meant to start, at a fixed rate; else now. */
    long dueNanos(long number) {
        return nanosPerOperation == 0 ? System.nanoTime() : startNanos + (long) (number * nanosPerOperation);
    }

    Recorder recorder(EventLoop loop) {
        return recorders.computeIfAbsent(loop, key -> new Recorder());
    }

    /** One more operation has its outcome. */
    void done() {
        done.incrementAndGet();
    }

    long doneCount() {
        return done.get();
    }

    /** A client has nothing more to do. */
    void leave() {
        clients.countDown();
    }

    boolean isStopped() {
        return stopped;
    }

    /** Nothing more is to be started: at most the clients' last operations are still under way. */
    void stop() {
        stopped = true;
    }

    /** Waits until every client has left, or nothing has happened for so long that nothing will. */
    void await(Progress progress) throws InterruptedException {
        long seen = -1;
        long seenNanos = System.nanoTime();
        while (!clients.await(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
            long now = done.get();
            progress.at(now, expected);
            if (now != seen) {
                seen = now;
                seenNanos = System.nanoTime();
            } else if (System.nanoTime() - seenNanos > STALLED_NANOS + (long) nanosPerOperation) {
                stop();
                return;
            }
        }
        progress.at(done.get(), expected);
    }

    /** All that was recorded; to be asked when the event loops record nothing more. */
    LoadResult result() {
        Histogram latencies = new Histogram(3);
        Map<String, Long> errors = new HashMap<>();
        long lastNanos = startNanos;
        for (Map.Entry<EventLoop, Recorder> recorder : recorders.entrySet()) {
            Recorder recorded = recorder.getValue();
            latencies.add(recorded.latencies());
            recorded.errors().forEach((what, count) -> errors.merge(what, count, Long::sum));
            lastNanos = Math.max(lastNanos, recorded.lastNanos());
        }
        long missing = expected
                - latencies.getTotalCount()
                - errors.values().stream().mapToLong(Long::longValue).sum();
        if (missing > 0) {
            errors.put(clients.getCount() > 0 ? "no answer for 30 s" : "not asked: connection lost", missing);
        }
        return new LoadResult(
                latencies.getTotalCount(),
                Map.copyOf(errors),
                lastNanos - startNanos,
                latencies,
                processCpuNanos() - cpuAtStart);
    }

    private static long processCpuNanos() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime()
                : 0;
    }
}
