package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.server.GrpcServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The metadata of etcd's clients. Source: etcd, {@code api/v3rpc/rpctypes/metadatafields.go}. */
public final class CallMetadata {
    public static final String REQUIRE_LEADER = "hasleader";
    public static final String TOKEN = "token";

    private static final String AUTHORIZATION = "authorization";
    private static final String BEARER = "Bearer ";
    private static final String CLIENT_API_VERSION = "client-api-version";

    private CallMetadata() {}

    /**
     * What came with a call.
     *
     * @throws EtcdException if the client's API version is no text
     */
    static CallContext context(GrpcServerRequest<Buffer, Buffer> request) {
        MultiMap headers = request.headers();
        checkApiVersion(headers.get(CLIENT_API_VERSION));
        return new CallContext(
                "true".equals(headers.get(REQUIRE_LEADER)), token(headers), timeoutMs(request), remote(request));
    }

    private static @Nullable String token(MultiMap headers) {
        String token = headers.get(TOKEN);
        if (token == null) {
            token = headers.get(AUTHORIZATION);
        }
        return token != null && token.startsWith(BEARER) ? token.substring(BEARER.length()) : token;
    }

    /** A timeout below a millisecond is one all the same; 0 would mean none. */
    private static long timeoutMs(GrpcServerRequest<Buffer, Buffer> request) {
        return request.headers().contains("grpc-timeout") ? Math.max(1, request.timeout()) : 0;
    }

    private static String remote(GrpcServerRequest<Buffer, Buffer> request) {
        SocketAddress address = request.connection().remoteAddress();
        return address == null ? "unknown" : address.toString();
    }

    private static void checkApiVersion(@Nullable String version) {
        if (version == null) {
            return;
        }
        try {
            // A header arrives as its bytes, one to a char.
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(version.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (CharacterCodingException e) {
            throw EtcdError.INVALID_CLIENT_API_VERSION.exception();
        }
    }
}
