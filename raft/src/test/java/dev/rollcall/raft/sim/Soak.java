package dev.rollcall.raft.sim;

import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * New seeds on all cores for {@code -Dsim.minutes=} minutes, in the profile {@code soak}. Says every minute how far it is, and
 * in the end what was reached and what was not. The first seed that fails ends it.
 */
class Soak {
    private final Coverage coverage = new Coverage();
    private final AtomicBoolean failed = new AtomicBoolean();
    private long runs;
    private long events;
    private long simulatedMicros;
    private long cpuNanos;

    @Test
    void newSeedsForMinutes() throws Exception {
        long minutes = Long.getLong("sim.minutes", 1);
        long first = new SecureRandom().nextLong() >>> 16;
        int cores = Runtime.getRuntime().availableProcessors();
        System.out.println("soaking for " + minutes + " minutes on " + cores + " cores, seeds from " + first
                + "; whole logs are read every " + Audit.EVERY + " events");
        long began = System.nanoTime();
        long end = began + TimeUnit.MINUTES.toNanos(minutes);
        AtomicLong next = new AtomicLong(first);
        ExecutorService threads = Executors.newFixedThreadPool(cores);
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < cores; i++) {
            workers.add(threads.submit(() -> {
                while (!failed.get() && System.nanoTime() < end) {
                    run(next.getAndIncrement());
                }
            }));
        }
        threads.shutdown();
        while (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
            progress(began);
        }
        progress(began);
        report();
        for (Future<?> worker : workers) {
            worker.get();
        }
    }

    private void run(long seed) {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        try {
            Simulation.Outcome outcome = new Simulation(seed).run(SeedRun.TROUBLE_SECONDS);
            add(outcome, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before);
        } catch (SimulationFailure failure) {
            failed.set(true);
            System.out.println(failure.getMessage());
            throw failure;
        }
    }

    private synchronized void add(Simulation.Outcome outcome, long nanos) {
        runs++;
        events += outcome.events();
        simulatedMicros += outcome.simulatedMicros();
        cpuNanos += nanos;
        coverage.add(outcome.coverage());
    }

    private synchronized void progress(long began) {
        System.out.println(String.format(
                Locale.ROOT,
                "%4d min: %,d runs, %,d events, %,.0f events a second and core, %,.1f hours of simulated time",
                TimeUnit.NANOSECONDS.toMinutes(System.nanoTime() - began),
                runs,
                events,
                events / (cpuNanos / 1e9),
                simulatedMicros / 3_600e6));
    }

    private synchronized void report() {
        for (Counter counter : Counter.values()) {
            System.out.println(String.format(Locale.ROOT, "%,16d  %s", coverage.of(counter), counter));
        }
        for (Counter counter : Counter.values()) {
            if (coverage.of(counter) == 0) {
                System.out.println("WARNING: never reached: " + counter);
            }
        }
    }
}
