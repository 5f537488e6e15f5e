package dev.rollcall.agent.grpc;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What may be sent on one connection: as much as its caller's windows take, and as clients have not left unread elsewhere. Keeps
 * the streams that wait for either. Source: RFC 9113 section 5.2.
 */
final class Outflow {
    private final GrpcConnection connection;
    private final CallLedger ledger;
    /** Have something to send, and no window for it. */
    private final Set<CallStream> blocked = new LinkedHashSet<>();
    /** Want to be told when they may say more. */
    private final Set<CallStream> unwritable = new LinkedHashSet<>();

    private long window = Http2.WINDOW_AT_FIRST;
    private long firstStreamWindow = Http2.WINDOW_AT_FIRST;
    private boolean roomAwaited;

    Outflow(GrpcConnection connection, CallLedger ledger) {
        this.connection = connection;
        this.ledger = ledger;
    }

    /** The window that a stream begins with. */
    long firstStreamWindow() {
        return firstStreamWindow;
    }

    /** Takes bytes from the connection's window for a stream that has them in its own; false if either has not. */
    boolean take(int bytes, long streamWindow) {
        if (bytes > streamWindow || bytes > window) {
            return false;
        }
        window -= bytes;
        return true;
    }

    /** Whether more may be said now. */
    boolean writable() {
        return connection.takesMore() && ledger.hasRoom();
    }

    /** Sends what a stream has as far as windows allow. */
    void pump(CallStream stream) {
        if (connection.closed()) {
            return;
        }
        while (stream.sendOne(connection.out(), window)) {
            // Each turn is a frame.
        }
        settle(stream);
    }

    private void settle(CallStream stream) {
        if (stream.hasWaiting()) {
            blocked.add(stream);
            return;
        }
        blocked.remove(stream);
        if (stream.sendEnd(connection.out())) {
            connection.forget(stream);
        } else if (unwritable.contains(stream) && stream.tellWritable()) {
            unwritable.remove(stream);
        }
    }

    /** The connection's window has grown, or all streams' have: a frame for each in turn. */
    void pumpBlocked() {
        boolean sent = !blocked.isEmpty();
        while (sent && window > 0) {
            sent = false;
            for (CallStream stream : List.copyOf(blocked)) {
                if (stream.sendOne(connection.out(), window)) {
                    sent = true;
                    settle(stream);
                }
            }
        }
    }

    void awaitWritable(CallStream stream) {
        unwritable.add(stream);
        awaitRoom();
    }

    /** It may not be this connection's fault that nothing can be sent: others take the room. */
    private void awaitRoom() {
        if (!roomAwaited && !connection.closed() && !unwritable.isEmpty() && !ledger.hasRoom()) {
            roomAwaited = true;
            ledger.whenRoom(() -> {
                roomAwaited = false;
                connection.dispatch(this::tellWritable);
            });
        }
    }

    /** Tells those who wait for it that they may say more, if they may. */
    void tellWritable() {
        for (CallStream stream : List.copyOf(unwritable)) {
            if (unwritable.remove(stream) && !stream.tellWritable()) {
                unwritable.add(stream);
            }
        }
        awaitRoom();
    }

    /** The caller takes so many bytes more, of all streams together. */
    void widen(int bytes) throws ConnectionError {
        window += bytes;
        checkWindow(window);
        pumpBlocked();
    }

    /** The caller takes so many bytes more of this stream. */
    void widen(CallStream stream, int bytes) throws ConnectionError {
        checkWindow(stream.widen(bytes));
        pump(stream);
    }

    /** The caller has set what a stream's window begins with, which counts for those that are open as well. */
    void firstStreamWindow(long bytes, Iterable<CallStream> open) throws ConnectionError {
        long change = bytes - firstStreamWindow;
        firstStreamWindow = bytes;
        for (CallStream stream : open) {
            checkWindow(stream.widen(change));
        }
    }

    private static void checkWindow(long bytes) throws ConnectionError {
        if (bytes > Http2.WINDOW_MAX) {
            throw new ConnectionError(Http2.FLOW_CONTROL_ERROR, "a window too large");
        }
    }

    /** A stream is over. */
    void forget(CallStream stream) {
        blocked.remove(stream);
        unwritable.remove(stream);
    }

    /** All streams are over. */
    void discard() {
        blocked.clear();
        unwritable.clear();
    }
}
