package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** What a server says before it has read a request. Source: RFC 9113 sections 3.4 and 6.5. */
final class FirstFrames {
    private FirstFrames() {}

    /** The frame that a server begins with. */
    static ByteBuf settings(ClientPort.Limits limits) {
        int bytes = 3 * (Short.BYTES + Integer.BYTES);
        return frame(0, bytes)
                .writeShort(Http2.SETTING_MAX_CONCURRENT_STREAMS)
                .writeInt(limits.maxStreams())
                .writeShort(Http2.SETTING_INITIAL_WINDOW_SIZE)
                .writeInt(ClientPort.WINDOW_BYTES)
                .writeShort(Http2.SETTING_MAX_HEADER_LIST_SIZE)
                .writeInt(RequestHeaders.LIST_BYTES_MAX);
    }

    static ByteBuf settingsAcknowledged() {
        return frame(Http2.ACK, 0);
    }

    private static ByteBuf frame(int flags, int bytes) {
        return Unpooled.buffer(Http2.FRAME_HEADER_BYTES + bytes)
                .writeMedium(bytes)
                .writeByte(Http2.SETTINGS)
                .writeByte(flags)
                .writeInt(0);
    }
}
