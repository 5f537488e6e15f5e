package dev.rollcall.agent.process;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Observes until something is so. The limit only bounds a failing test; a passing one takes what it takes. */
final class Eventually {
    private static final long LIMIT_S = 60;

    private Eventually() {}

    /** Until the condition holds; an exception counts as no. */
    static void holds(String what, Callable<Boolean> condition) {
        holds(what, LIMIT_S, condition);
    }

    /** The same for what takes longer. */
    static void holds(String what, long limitSeconds, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        Exception last = null;
        while (System.nanoTime() - deadline < 0) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (Exception e) {
                last = e;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw notSo(what, limitSeconds, last);
    }

    private static AssertionError notSo(String what, long limitSeconds, @Nullable Exception last) {
        return new AssertionError("not so within " + limitSeconds + " s: " + what, last);
    }
}
