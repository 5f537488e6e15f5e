package dev.rollcall.agent.grpc;

import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;

/** What happens on a call, told to the one who answers it. Nothing more is told once the call is over. */
interface Exchange {
    /** A whole message. */
    void message(Buffer message, boolean compressed);

    /** A message that is not read, for this reason. Nothing follows. */
    void unreadable(EtcdException why);

    /** The caller sends nothing more. */
    void halfClosed();

    /** The caller reset the call, or its connection is lost. */
    void gone();
}
