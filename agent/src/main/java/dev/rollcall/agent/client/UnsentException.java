package dev.rollcall.agent.client;

import dev.rollcall.storage.error.EtcdException;

/** A call that certainly never took effect, so that even a write may be tried at another endpoint. */
final class UnsentException extends RuntimeException {
    static final int UNAVAILABLE = 14;

    private final EtcdException answer;

    /** @param reason why, short enough to stand beside the endpoint's name */
    UnsentException(String reason) {
        this(reason, new EtcdException(UNAVAILABLE, "rollcall: " + reason));
    }

    /** @param answer what the caller hears if there is no other endpoint */
    UnsentException(String reason, EtcdException answer) {
        super(reason, null, false, false);
        this.answer = answer;
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    EtcdException answer() {
        return answer;
    }
}
