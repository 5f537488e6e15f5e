package dev.rollcall.agent.grpc;

/** Numbers of HTTP/2. Source: RFC 9113, sections 4 to 7. */
final class Http2 {
    static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    static final int FRAME_HEADER_BYTES = 9;
    /** Largest payload of a frame, either way: what both sides start with, and we never ask for more. */
    static final int FRAME_BYTES_MAX = 16_384;
    /** Window of a stream and of the connection before anybody has said otherwise. */
    static final int WINDOW_AT_FIRST = 65_535;

    static final int WINDOW_MAX = Integer.MAX_VALUE;

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int ACK = 0x1;
    static final int END_STREAM = 0x1;
    static final int END_HEADERS = 0x4;
    static final int PADDED = 0x8;
    static final int WITH_PRIORITY = 0x20;

    /** What a stream depends on and its weight, in headers or a frame of its own; without meaning by now. */
    static final int PRIORITY_BYTES = 5;

    static final int SETTING_ENABLE_PUSH = 2;
    static final int SETTING_MAX_CONCURRENT_STREAMS = 3;
    static final int SETTING_INITIAL_WINDOW_SIZE = 4;
    static final int SETTING_MAX_FRAME_SIZE = 5;
    static final int SETTING_MAX_HEADER_LIST_SIZE = 6;

    static final int NO_ERROR = 0;
    static final int PROTOCOL_ERROR = 1;
    static final int FLOW_CONTROL_ERROR = 3;
    static final int STREAM_CLOSED = 5;
    static final int FRAME_SIZE_ERROR = 6;
    static final int REFUSED_STREAM = 7;
    static final int COMPRESSION_ERROR = 9;
    static final int ENHANCE_YOUR_CALM = 11;

    private Http2() {}
}
