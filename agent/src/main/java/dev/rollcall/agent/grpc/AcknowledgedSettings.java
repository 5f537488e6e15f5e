package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** Drops the acknowledgement of settings that was sent already, before it was known who serves the connection. */
final class AcknowledgedSettings extends ChannelOutboundHandlerAdapter {
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf frame && isAcknowledgement(frame)) {
            frame.release();
            promise.trySuccess();
            context.pipeline().remove(this);
        } else {
            context.write(message, promise);
        }
    }

    /** The codec writes one in a buffer of its own. */
    private static boolean isAcknowledgement(ByteBuf frame) {
        int at = frame.readerIndex();
        return frame.readableBytes() == Http2.FRAME_HEADER_BYTES
                && frame.getUnsignedMedium(at) == 0
                && frame.getByte(at + 3) == Http2.SETTINGS
                && frame.getByte(at + 4) == Http2.ACK;
    }
}
