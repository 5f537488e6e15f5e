package dev.rollcall.agent.grpc;

import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a message as it came into the protobuf bytes it stands for. Vert.x inflates without a limit, so a kilobyte could
 * become a gigabyte; here the limit of a message holds after decompression too.
 */
public final class MessageEncoding {
    private static final int INTERNAL = 13;
    private static final int RESOURCE_EXHAUSTED = 8;

    private MessageEncoding() {}

    /** Whether messages of this {@code grpc-encoding} can be read. */
    static boolean isKnown(String encoding) {
        return encoding.equals("identity") || encoding.equals("gzip");
    }

    /**
     * The protobuf bytes of a message.
     *
     * @throws EtcdException if it cannot be decompressed, or is longer than {@code maxBytes} when it is
     */
    public static Buffer plain(GrpcMessage message, long maxBytes) {
        return switch (message.encoding()) {
            case "identity" -> message.payload();
            case "gzip" -> inflate(message.payload(), maxBytes);
            default -> throw new EtcdException(INTERNAL, "grpc: compressed flag set with identity or empty encoding");
        };
    }

    /**
     * The protobuf bytes of a message.
     *
     * @param encoding of the call, null if it named none
     * @throws EtcdException as above, or if it is compressed in a call that named no way to
     */
    static Buffer plain(Buffer message, boolean compressed, @Nullable String encoding, long maxBytes) {
        if (!compressed) {
            return message;
        }
        if (encoding == null || encoding.equals("identity")) {
            throw new EtcdException(INTERNAL, "grpc: compressed flag set with identity or empty encoding");
        }
        return inflate(message, maxBytes);
    }

    /** The error for a message that is too long, in the words of grpc-go. */
    public static EtcdException tooLarge(long sizeBytes, long maxBytes) {
        return new EtcdException(
                RESOURCE_EXHAUSTED,
                "grpc: received message larger than max (" + Long.toUnsignedString(sizeBytes) + " vs. " + maxBytes
                        + ")");
    }

    private static Buffer inflate(Buffer payload, long maxBytes) {
        int limit = (int) Math.min(maxBytes, Integer.MAX_VALUE - 8L);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(payload.getBytes()))) {
            byte[] plain = in.readNBytes(limit);
            if (in.read() >= 0) {
                throw new EtcdException(
                        RESOURCE_EXHAUSTED, "grpc: received message after decompression larger than max " + maxBytes);
            }
            return Buffer.buffer(plain);
        } catch (IOException e) {
            throw new EtcdException(INTERNAL, "grpc: failed to decompress the received message: " + e.getMessage());
        }
    }
}
