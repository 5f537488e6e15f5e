package dev.rollcall.agent.member;

import io.vertx.core.Future;
import java.io.IOException;

/** Copies of a member's state, and the order of its file. Any thread. */
public interface StateCopies {
    /** A copy of the state as it was at one moment, complete and durable in a file of its own. One thread at a time. */
    interface Copy extends AutoCloseable {
        long sizeBytes();

        /** A piece of it, whole; blocks on the disk. */
        byte[] read(long offset, int length) throws IOException;

        /** Deletes it. */
        @Override
        void close() throws IOException;
    }

    /**
     * A copy that holds everything that is applied now; the caller closes it.
     *
     * @return completes on the caller's event loop; fails with {@code UNAVAILABLE} and the reason if it cannot be made
     */
    Future<Copy> save();

    /**
     * Puts a compact copy in the place of the state file. Gives up rather than hold up writers.
     *
     * @return completes on the caller's event loop; fails with {@code UNAVAILABLE} and the reason if that was not possible
     */
    Future<Void> defragment();
}
