package dev.rollcall.raft.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks; part of no build but {@code -Pjmh}. {@code -Djmh.only} picks some of them by a regular expression. */
class BenchmarkRun {
    @Test
    void benchmarks() throws Exception {
        OptionsBuilder options = new OptionsBuilder();
        options.include(System.getProperty("jmh.only", ProposalBenchmark.class.getName()))
                .addProfiler(CpuTime.class)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true);
        assertFalse(new Runner(options.build()).run().isEmpty());
    }
}
