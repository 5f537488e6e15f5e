package dev.rollcall.agent.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Between arrays and buffers without a copy. */
public final class Bytes {
    private Bytes() {}

    /** A buffer over these bytes, which nobody changes any more. */
    public static Buffer buffer(byte[] bytes) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
    }

    /** What is in a buffer, which nobody changes any more; the buffer's own array if that is all of it. */
    public static byte[] of(Buffer buffer) {
        ByteBuf content = ((BufferInternal) buffer).getByteBuf();
        return content.hasArray() && content.array().length == content.readableBytes()
                ? content.array()
                : buffer.getBytes();
    }
}
