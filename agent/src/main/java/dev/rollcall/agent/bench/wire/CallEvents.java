package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;

/** What becomes of a call. Called on the event loop of its connection, which must not be blocked. */
public interface CallEvents {
    /** Status of a call that went well. */
    int OK = 0;

    /** Status of a call whose connection broke. Source: gRPC's status codes. */
    int UNAVAILABLE = 14;

    /**
     * One message of the answer.
     *
     * @param in holds it from its reader index on; belongs to the connection and must not be kept
     * @param length bytes of the message
     */
    void message(ByteBuf in, int length);

    /**
     * The end of the call; nothing comes after it.
     *
     * @param status gRPC's status code
     * @param detail what the server says about it, or the connection
     */
    void end(int status, String detail);
}
