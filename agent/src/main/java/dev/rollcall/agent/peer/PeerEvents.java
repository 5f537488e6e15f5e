package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;

/** What peers bring. Called on event loops; must return at once. */
public interface PeerEvents {
    /** An encoded consensus message from this greeted peer. */
    void consensus(long from, Buffer message);

    /** A call or an answer from this greeted peer. */
    void call(long from, FrameType type, Buffer payload);

    /** The connection to this peer closed and a reconnect was refused: its process is gone. */
    void gone(long peer);

    /** This peer does not want to hear from this member; told at each attempt. */
    void refused(long peer, Refusal refusal);
}
