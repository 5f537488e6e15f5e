package dev.rollcall.agent.peer;

/** Calls to peers. */
@FunctionalInterface
public interface PeerCalls {
    /** Sends a call. False if it was certainly not sent; true says nothing about its arrival. Any thread. */
    boolean call(long to, FrameType type, byte[] payload);
}
