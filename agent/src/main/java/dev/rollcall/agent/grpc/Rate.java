package dev.rollcall.agent.grpc;

import java.util.concurrent.TimeUnit;

/** So many in a second, and no more. One event loop. */
final class Rate {
    private final int most;
    private long secondBegan = System.nanoTime();
    private int seen;

    Rate(int most) {
        this.most = most;
    }

    /** Counts one more; false if it is one too many. */
    boolean allows() {
        if (++seen <= most) {
            return true;
        }
        long now = System.nanoTime();
        if (now - secondBegan < TimeUnit.SECONDS.toNanos(1)) {
            return false;
        }
        secondBegan = now;
        seen = 1;
        return true;
    }
}
