package dev.rollcall.agent.bench.load;

import dev.rollcall.agent.call.EtcdMethod;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Ranges and puts by chance. */
final class MixedRequests implements Requests {
    private final Requests reads;
    private final Requests writes;
    private final int readPercent;
    private final SplittableRandom random;
    private Requests last;

    MixedRequests(LoadOptions options, int client, int readPercent, boolean serializable) {
        this.reads = KeyedRequests.ranges(options, client, serializable);
        this.writes = KeyedRequests.puts(options, client);
        this.readPercent = readPercent;
        this.random = new SplittableRandom(~options.seed() + client);
        this.last = reads;
    }

    @Override
    public EtcdMethod method() {
        return last.method();
    }

    @Override
    public byte[] next(long number, long startNanos) {
        last = random.nextInt(100) < readPercent ? reads : writes;
        return last.next(number, startNanos);
    }

    @Override
    public @Nullable String check(int length) {
        return last.check(length);
    }
}
