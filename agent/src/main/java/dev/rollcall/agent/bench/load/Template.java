package dev.rollcall.agent.bench.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A message encoded once, and the places in it that change from request to request. */
final class Template {
    private final byte[] message;
    private final int[] places;

    private Template(byte[] message, int[] places) {
        this.message = message;
        this.places = places;
    }

    /**
     * A message and every place at which its key stands: where it differs between two keys that have no byte in common.
     *
     * @param withKey makes the message with a key
     */
    static Template of(Function<ByteString, Message> withKey, int keySizeBytes) {
        byte[] message = withKey.apply(filled(keySizeBytes, 0)).toByteArray();
        byte[] other = withKey.apply(filled(keySizeBytes, 1)).toByteArray();
        int[] places = IntStream.range(0, message.length)
                .filter(at -> message[at] != other[at] && (at == 0 || message[at - 1] == other[at - 1]))
                .toArray();
        return new Template(message, places);
    }

    private static ByteString filled(int bytes, int with) {
        byte[] key = new byte[bytes];
        Arrays.fill(key, (byte) with);
        return ByteString.copyFrom(key);
    }

    byte[] message() {
        return message;
    }

    int[] places() {
        return places;
    }
}
