package dev.rollcall.raft.codec;

/** Bytes that are no message of this version. The connection they came from cannot be trusted any further. */
public final class CodecException extends Exception {
    public CodecException(String message) {
        super(message);
    }
}
