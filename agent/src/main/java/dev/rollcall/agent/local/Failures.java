package dev.rollcall.agent.local;

import dev.rollcall.storage.error.EtcdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns whatever went wrong into an answer. */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
    private static final int INTERNAL = 13;

    private Failures() {}

    /** What the caller is told. Anything but an answer of the API is a fault of this program, and logged. */
    static EtcdException asEtcd(Throwable failure) {
        if (failure instanceof EtcdException answer) {
            return answer;
        }
        LOG.error("a call failed in an unforeseen way", failure);
        return new EtcdException(INTERNAL, "rollcall: internal error: " + failure);
    }
}
