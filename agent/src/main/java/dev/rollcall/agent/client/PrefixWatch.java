package dev.rollcall.agent.client;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValueException;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One watch on one stream. The stream asks for a leader, so that a watch at a member that has lost its cluster ends instead
 * of falling silent. A revision is handed on once it is complete, none twice and none left out. On the loop of its owner only.
 */
final class PrefixWatch implements StreamSink {
    private static final CallContext REQUIRE_LEADER = new CallContext(true, null, 0, "internal");
    private static final int UNKNOWN = 2;
    private static final int UNAVAILABLE = 14;

    private final KeyValue.WatchHandler handler;
    private final List<KeyValue.Change> parts = new ArrayList<>();
    private long nextRevision;
    private @Nullable StreamCall stream;
    private boolean over;

    PrefixWatch(KeyValue.WatchHandler handler, long fromRevision) {
        this.handler = handler;
        this.nextRevision = fromRevision;
    }

    void begin(Backend backend, String prefix) {
        if (over) {
            return;
        }
        StreamCall opened = backend.open(EtcdMethod.WATCH, REQUIRE_LEADER, this);
        if (over) {
            return;
        }
        stream = opened;
        opened.message(KeyValueMessages.bytes(KeyValueMessages.watch(prefix, nextRevision)));
    }

    boolean isOver() {
        return over;
    }

    /** Ends it; the handler hears nothing more. */
    void close() {
        if (!over) {
            release();
        }
    }

    @Override
    public void send(Buffer message) {
        if (over) {
            return;
        }
        try {
            take(KeyValueMessages.parse(WatchResponse.parser(), message));
        } catch (InvalidProtocolBufferException e) {
            release();
            handler.closed(e);
        }
    }

    private void take(WatchResponse response) {
        if (response.getCanceled()) {
            release();
            if (response.getCompactRevision() > 0) {
                handler.compacted(response.getCompactRevision());
            } else {
                handler.closed(new KeyValueException(UNKNOWN, response.getCancelReason()));
            }
            return;
        }
        for (Event event : response.getEventsList()) {
            if (event.getKv().getModRevision() >= nextRevision) {
                parts.add(KeyValueMessages.change(event));
            }
        }
        if (response.getFragment()) {
            return;
        }
        if (!parts.isEmpty()) {
            // A batch from history says the store's revision in its header, with more batches to come before that one.
            deliver(parts.get(parts.size() - 1).pair().modRevision());
        } else if (!response.getCreated() && response.getEventsCount() == 0) {
            long revision = response.getHeader().getRevision();
            if (revision >= nextRevision) {
                deliver(revision);
            }
        }
    }

    private void deliver(long revision) {
        nextRevision = revision + 1;
        List<KeyValue.Change> changes = List.copyOf(parts);
        parts.clear();
        handler.changes(revision, changes);
    }

    private void release() {
        over = true;
        StreamCall open = stream;
        if (open != null) {
            stream = null;
            open.cancel();
        }
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public void onWritable(Runnable resume) {
        resume.run();
    }

    @Override
    public void end(@Nullable EtcdException error) {
        if (!over) {
            over = true;
            stream = null;
            handler.closed(
                    error == null
                            ? new KeyValueException(UNAVAILABLE, "the watch ended")
                            : new KeyValueException(error.code(), error.text()));
        }
    }
}
