package dev.rollcall.agent.bench.load;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a load came to.
 *
 * @param operations those that succeeded
 * @param errors how often each error was met
 * @param elapsedNanos from the first start to the last answer
 * @param latencies of those that succeeded, in nanoseconds
 * @param clientCpuNanos processor time this process took meanwhile
 */
public record LoadResult(
        long operations, Map<String, Long> errors, long elapsedNanos, Histogram latencies, long clientCpuNanos) {
    private static final double NANOS_PER_MS = 1e6;
    private static final double NANOS_PER_S = 1e9;
    private static final double NANOS_PER_US = 1e3;

    /** Successful operations per second. */
    public double throughput() {
        return elapsedNanos == 0 ? 0 : operations * NANOS_PER_S / elapsedNanos;
    }

    /** Mean latency in milliseconds. */
    public double meanMs() {
        return operations == 0 ? 0 : latencies.getMean() / NANOS_PER_MS;
    }

    /** Latency in milliseconds that {@code percent} of the operations did not exceed. */
    public double percentileMs(double percent) {
        return operations == 0 ? 0 : latencies.getValueAtPercentile(percent) / NANOS_PER_MS;
    }

    /** Longest latency in milliseconds. */
    public double maxMs() {
        return operations == 0 ? 0 : latencies.getMaxValue() / NANOS_PER_MS;
    }

    /** Processor time of the load generator per operation, in microseconds. */
    public double clientCpuUs() {
        return operations == 0 ? 0 : clientCpuNanos / NANOS_PER_US / operations;
    }

    /** Operations that did not succeed. */
    public long failed() {
        return errors.values().stream().mapToLong(Long::longValue).sum();
    }
}
