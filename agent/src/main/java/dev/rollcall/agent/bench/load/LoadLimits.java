package dev.rollcall.agent.bench.load;

import org.jspecify.annotations.Nullable;

/** What sizes a load may have. */
public final class LoadLimits {
    private static final int MAX_CLIENTS = 100_000;
    private static final int MAX_CONNECTIONS = 20_000;
    private static final int MAX_THREADS = 256;
    private static final int MAX_KEY_BYTES = 1_024;
    private static final int MAX_VALUE_BYTES = 1 << 20;
    private static final long MAX_TOTAL = 10_000_000_000L;
    private static final double MAX_RATE = 1e7;

    private LoadLimits() {}

    /** What is wrong, beginning with the name of the option; null if nothing. */
    public static @Nullable String wrong(LoadOptions options, int connections, int threads) {
        @Nullable
        String[] found = {
            outside("clients", options.clients(), 1, MAX_CLIENTS),
            outside("conns", connections, 1, Math.min(MAX_CONNECTIONS, options.clients())),
            outside("total", options.total(), 1, MAX_TOTAL),
            outside("key-size", options.keySizeBytes(), 2, MAX_KEY_BYTES),
            outside("val-size", options.valueSizeBytes(), 0, MAX_VALUE_BYTES),
            outside("key-space", options.keySpace(), 1, Keys.most(options.keySizeBytes())),
            outside("threads", threads, 1, MAX_THREADS),
            options.ratePerSecond() < 0 || options.ratePerSecond() > MAX_RATE || Double.isNaN(options.ratePerSecond())
                    ? "rate: 0 to 10000000 expected, not " + options.ratePerSecond()
                    : null,
        };
        for (String each : found) {
            if (each != null) {
                return each;
            }
        }
        return null;
    }

    private static @Nullable String outside(String option, long value, long least, long most) {
        return value < least || value > most ? option + ": " + least + " to " + most + " expected, not " + value : null;
    }
}
