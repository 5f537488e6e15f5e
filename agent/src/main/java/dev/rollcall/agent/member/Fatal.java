package dev.rollcall.agent.member;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the process where going on could break a promise: a failed write or fsync, a broken invariant, an uncaught exception
 * on a thread that consensus depends on. Nothing is retried or acknowledged after it; what is on disk is the truth, and the
 * next start recovers from it.
 */
@FunctionalInterface
public interface Fatal {
    /**
     * @param where thread or part that failed
     * @param cause why
     */
    void stop(String where, Throwable cause);

    /**
     * Logs, then halts at once: shutdown hooks would go on using what has just failed. Whatever fails after the first, mostly
     * because of it, says nothing and waits for the end.
     */
    static Fatal halt() {
        Logger log = LoggerFactory.getLogger(Fatal.class);
        return (where, cause) -> {
            synchronized (Fatal.class) {
                log.error("{} failed, stopping this process: {}", where, String.valueOf(cause.getMessage()), cause);
                Runtime.getRuntime().halt(1);
            }
        };
    }
}
