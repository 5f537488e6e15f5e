package dev.rollcall.agent.local;

import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.storage.error.EtcdException;
import org.jspecify.annotations.Nullable;

/** A stream that this member serves, and can end. On its event loop. */
interface ServedStream extends StreamCall {
    /** Releases everything and ends the stream: well, or with this error. Does nothing once it has ended. */
    void end(@Nullable EtcdException error);

    /** Whether it has ended, from either side. */
    boolean ended();
}
