package dev.rollcall.examples;

import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** What a process does on SIGTERM or Ctrl-C before it ends. */
final class ShutdownHook {

    private static final int LIMIT_SECONDS = 40;

    private ShutdownHook() {}

    /** Begins {@code stop} when the process is told to end, and lets it end when that is done. */
    static void run(Supplier<Future<Void>> stop) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            try {
                                stop.get().await(LIMIT_SECONDS, TimeUnit.SECONDS);
                            } catch (TimeoutException e) {
                                System.err.println(
                                        "requests still run after " + LIMIT_SECONDS + " s: giving up on them");
                            }
                        },
                        "shutdown"));
    }
}
