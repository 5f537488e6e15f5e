package dev.rollcall.agent.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.storage.error.EtcdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a call ends that did not go well. */
final class Reply {
    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);
    private static final int INTERNAL = 13;

    private Reply() {}

    static void fail(CallStream call, EtcdException error) {
        call.fail(error.code(), error.text());
    }

    /** Answers with whatever a backend failed with. */
    static void fail(CallStream call, Throwable cause, String unreadable) {
        if (cause instanceof EtcdException error) {
            fail(call, error);
        } else if (cause instanceof InvalidProtocolBufferException) {
            call.fail(INTERNAL, unreadable + cause.getMessage());
        } else {
            LOG.error("a call of {} failed", call.remote(), cause);
            call.fail(INTERNAL, "internal error: " + cause.getClass().getSimpleName());
        }
    }
}
