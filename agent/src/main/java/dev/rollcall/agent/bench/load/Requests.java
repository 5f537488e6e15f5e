package dev.rollcall.agent.bench.load;

import dev.rollcall.agent.call.EtcdMethod;
import org.jspecify.annotations.Nullable;

/** What one client asks, one after the other. Used on one event loop; makes nothing new per request. */
interface Requests {
    /** Method of the request made last. */
    EtcdMethod method();

    /**
     * The next request; valid until the one after it.
     *
     * @param number of the operation in the whole load, from 0
     * @param startNanos when it counts as begun
     */
    byte[] next(long number, long startNanos);

    /** What is wrong with an answer of this length; null if nothing. */
    default @Nullable String check(int length) {
        return null;
    }
}
