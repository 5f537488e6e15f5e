package dev.rollcall.agent.local;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.storage.error.EtcdException;

/** Reads request messages. */
final class Requests {
    private static final int INTERNAL = 13;

    private Requests() {}

    /**
     * The message in these bytes.
     *
     * @throws EtcdException in the words of gRPC's own libraries if they are none
     */
    static <T extends MessageLite> T parse(Parser<T> parser, byte[] bytes) {
        try {
            // Strings of bytes inside are views of these.
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
            in.enableAliasing(true);
            T message = parser.parseFrom(in);
            in.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            throw new EtcdException(INTERNAL, "grpc: failed to unmarshal the received message: " + e.getMessage());
        }
    }
}
