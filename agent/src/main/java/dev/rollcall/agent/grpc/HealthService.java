package dev.rollcall.agent.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.server.GrpcServerRequest;
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

    static void check(CallLedger ledger, GrpcServerRequest<Buffer, Buffer> request) {
        Reply reply = new Reply(request, ledger, () -> {});
        request.handler(message -> {
            try {
                if (service(message).isEmpty()) {
                    reply.end(SERVING);
                } else {
                    reply.fail(new EtcdException(NOT_FOUND, "unknown service"));
                }
            } catch (IOException e) {
                reply.fail(unreadable(e));
            }
        });
    }

    /** Sends the status once and stays open: it never changes. */
    static void watch(CallLedger ledger, GrpcServerRequest<Buffer, Buffer> request) {
        Reply reply = new Reply(request, ledger, () -> {});
        request.handler(message -> {
            try {
                reply.send(service(message).isEmpty() ? SERVING : SERVICE_UNKNOWN);
            } catch (IOException e) {
                reply.fail(unreadable(e));
            }
        });
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

    private static EtcdException unreadable(IOException e) {
        return new EtcdException(INTERNAL, "grpc: error unmarshalling request: " + e.getMessage());
    }
}
