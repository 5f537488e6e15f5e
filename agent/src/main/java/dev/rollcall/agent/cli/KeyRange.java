package dev.rollcall.agent.cli;

import com.google.protobuf.ByteString;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A key, or all keys with a prefix, on the command line. */
final class KeyRange {
    @Parameters(paramLabel = "KEY", description = "the key")
    private String key = "";

    @Option(names = "--prefix", description = "all keys that begin with KEY; an empty KEY is all keys")
    private boolean prefix;

    boolean isPrefix() {
        return prefix;
    }

    String text() {
        return key;
    }

    /** First key; the API takes a zero byte for the very first one. */
    ByteString first() {
        return prefix && key.isEmpty() ? ByteString.copyFrom(new byte[1]) : ByteString.copyFromUtf8(key);
    }

    /** End of the range, empty for a single key. */
    ByteString end() {
        if (!prefix) {
            return ByteString.EMPTY;
        }
        byte[] end = ByteString.copyFromUtf8(key).toByteArray();
        for (int last = end.length - 1; last >= 0; last--) {
            if (end[last] != (byte) 0xFF) {
                end[last]++;
                return ByteString.copyFrom(end, 0, last + 1);
            }
        }
        // No key is beyond the prefix: up to the end of all keys.
        return ByteString.copyFrom(new byte[1]);
    }
}
