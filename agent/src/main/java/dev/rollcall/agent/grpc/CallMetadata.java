package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of etcd's clients. Source: etcd, {@code api/v3rpc/rpctypes/metadatafields.go}; of a deadline, gRPC over HTTP/2.
 */
public final class CallMetadata {
    public static final String REQUIRE_LEADER = "hasleader";
    public static final String TOKEN = "token";

    private static final AsciiString HAS_LEADER = AsciiString.cached(REQUIRE_LEADER);
    private static final AsciiString TOKEN_NAME = AsciiString.cached(TOKEN);
    private static final AsciiString AUTHORIZATION = AsciiString.cached("authorization");
    private static final AsciiString CLIENT_API_VERSION = AsciiString.cached("client-api-version");
    private static final AsciiString TIMEOUT = AsciiString.cached("grpc-timeout");
    private static final String BEARER = "Bearer ";
    private static final int TIMEOUT_DIGITS_MAX = 8;

    private CallMetadata() {}

    /**
     * What came with a call.
     *
     * @param remote address of the caller
     * @throws EtcdException if the client's API version is no text
     */
    static CallContext context(Http2Headers headers, String remote) {
        CharSequence version = headers.get(CLIENT_API_VERSION);
        if (version != null) {
            checkApiVersion(version.toString());
        }
        CharSequence leader = headers.get(HAS_LEADER);
        return new CallContext(
                leader != null && AsciiString.contentEquals(leader, "true"),
                token(headers),
                timeoutMs(headers.get(TIMEOUT)),
                remote);
    }

    private static @Nullable String token(Http2Headers headers) {
        CharSequence token = headers.get(TOKEN_NAME);
        if (token == null) {
            token = headers.get(AUTHORIZATION);
        }
        if (token == null) {
            return null;
        }
        String text = token.toString();
        return text.startsWith(BEARER) ? text.substring(BEARER.length()) : text;
    }

    /** A timeout below a millisecond is one all the same; 0 means none, or none that can be read. */
    static long timeoutMs(@Nullable CharSequence value) {
        int digits = value == null ? 0 : value.length() - 1;
        if (value == null || digits < 1 || digits > TIMEOUT_DIGITS_MAX) {
            return 0;
        }
        TimeUnit unit = unit(value.charAt(digits));
        long number = 0;
        for (int i = 0; i < digits; i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            number = number * 10 + digit;
        }
        return unit == null ? 0 : Math.max(1, unit.toMillis(number));
    }

    private static @Nullable TimeUnit unit(char letter) {
        return switch (letter) {
            case 'H' -> TimeUnit.HOURS;
            case 'M' -> TimeUnit.MINUTES;
            case 'S' -> TimeUnit.SECONDS;
            case 'm' -> TimeUnit.MILLISECONDS;
            case 'u' -> TimeUnit.MICROSECONDS;
            case 'n' -> TimeUnit.NANOSECONDS;
            default -> null;
        };
    }

    private static void checkApiVersion(String version) {
        if (version.chars().allMatch(c -> c < 0x80)) {
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
