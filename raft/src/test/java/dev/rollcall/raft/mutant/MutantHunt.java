package dev.rollcall.raft.mutant;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the simulator against every mutant until it is caught, and prints the table of the module's README. {@code
 * -Dmutant=<pattern>} hunts those whose names match, {@code -Dmutant.from=<seed>} with other seeds.
 */
class MutantHunt {
    /** @param kill what the simulator said, null if it noticed nothing */
    private record Outcome(
            Mutant mutant,
            int seeds,
            double cpuSeconds,
            @Nullable String kill) {
        String row() {
            return String.format(
                    "| `%s` | %s | %s | %.1f | %s |",
                    mutant.name(),
                    mutant.what(),
                    kill == null ? "**survives " + seeds + "**" : seeds,
                    cpuSeconds,
                    kill);
        }
    }

    @TempDir
    Path directory;

    @Test
    void everyMutantIsCaught() throws Exception {
        String only = System.getProperty("mutant", "");
        ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        List<Future<Outcome>> hunts = new ArrayList<>();
        for (Mutant mutant : Mutant.all()) {
            if (mutant.name().matches(".*(" + only + ").*")) {
                hunts.add(threads.submit(() -> {
                    Outcome outcome = hunt(mutant);
                    System.out.println(outcome.row());
                    return outcome;
                }));
            }
        }
        threads.shutdown();
        StringBuilder table =
                new StringBuilder("| Mutant | Broken | Seeds | CPU s | Caught as |\n|---|---|---|---|---|\n");
        List<String> survivors = new ArrayList<>();
        for (Future<Outcome> hunt : hunts) {
            Outcome outcome = hunt.get();
            table.append(outcome.row()).append('\n');
            if (outcome.kill == null) {
                survivors.add(outcome.mutant.name());
            }
        }
        System.out.println(table);
        assertTrue(survivors.isEmpty(), "not caught: " + survivors);
    }

    private Outcome hunt(Mutant mutant) throws Exception {
        Path at = directory.resolve(mutant.name());
        mutant.compileInto(at);
        LongConsumer simulator = Mutant.simulator(at);
        long first = Long.getLong("mutant.from", 1);
        long began = cpuNanos();
        for (int i = 0; i < mutant.seeds(); i++) {
            try {
                simulator.accept(first + i);
            } catch (AssertionError e) {
                String said = String.valueOf(e.getMessage());
                return new Outcome(
                        mutant,
                        i + 1,
                        (cpuNanos() - began) / 1e9,
                        said.lines().findFirst().orElse(""));
            }
        }
        return new Outcome(mutant, mutant.seeds(), (cpuNanos() - began) / 1e9, null);
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
