package dev.rollcall.agent.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/**
 * {@code grpc.health.v1.Health}, by which etcd's clients tell a live member from a hung one. Only the whole server, service
 * "", has a status, and that is SERVING: whoever answers at all serves. Both messages have one field each, so they are
 * written here by hand.
 */
final class HealthService {
    static final String PACKAGE = "grpc.health.v1";
    static final String NAME = "Health";

    private static final int NOT_FOUND = 5;
    private static final int INTERNAL = 13;
    private static final Buffer SERVING = Buffer.buffer(new byte[] {0x08, 1});
    private static final Buffer SERVICE_UNKNOWN = Buffer.buffer(new byte[] {0x08, 3});

    private HealthService() {}

    /** Answers one question. */
    static Exchange check(CallStream call) {
        return new Question(call) {
            @Override
            void answer(boolean known) {
                if (known) {
                    call.send(SERVING);
                    call.end();
                } else {
                    call.fail(NOT_FOUND, "unknown service");
                }
            }
        };
    }

    /** Sends the status once and stays open: it never changes. */
    static Exchange watch(CallStream call) {
        return new Question(call) {
            @Override
            void answer(boolean known) {
                call.send(known ? SERVING : SERVICE_UNKNOWN);
            }
        };
    }

    private abstract static class Question implements Exchange {
        final CallStream call;

        Question(CallStream call) {
            this.call = call;
        }

        abstract void answer(boolean known);

        @Override
        public void message(Buffer message, boolean compressed) {
            try {
                if (compressed) {
                    throw new IOException("compressed");
                }
                answer(service(message).isEmpty());
            } catch (IOException e) {
                call.fail(INTERNAL, "grpc: error unmarshalling request: " + e.getMessage());
            }
        }

        @Override
        public void unreadable(EtcdException why) {
            Reply.fail(call, why);
        }

        @Override
        public void halfClosed() {
            // The answer is given, or there was no question.
        }

        @Override
        public void gone() {
            // Nothing is kept for it.
        }
    }

    private static String service(Buffer message) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(message.getBytes());
        String service = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                service = in.readStringRequireUtf8();
            } else if (!in.skipField(tag)) {
                break;
            }
        }
        return service;
    }
}
