package dev.rollcall.raft.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Proposals per second through three members on one thread: proposed, replicated, committed and applied by the leader. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 2,
        jvmArgs = {"-XX:+UseSerialGC", "-Xmx512m"})
public class ProposalBenchmark {
    private static final int OUTSTANDING = 1_000;
    private static final int COMMAND_BYTES = 256;

    /** How messages travel. */
    @Param
    public Wire wire = Wire.DIRECT;

    private final byte[] command = new byte[COMMAND_BYTES];
    private MemoryCluster cluster = new MemoryCluster(3, wire);

    /** A fresh cluster, with its leader elected. */
    @Setup
    public void start() {
        cluster = new MemoryCluster(3, wire);
    }

    /** A crowd: all wait at the same time, and share messages and writes. */
    @Benchmark
    @OperationsPerInvocation(OUTSTANDING)
    public void thousandOutstanding() {
        cluster.commit(OUTSTANDING, command);
    }

    /** A lone client: each proposal has a round of messages and writes of its own. */
    @Benchmark
    public void oneOutstanding() {
        cluster.commit(1, command);
    }
}
