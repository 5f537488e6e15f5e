package dev.rollcall.agent.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Watches of one stream over a {@link MemoryStore}: each is a cursor that is moved whenever the store changes. */
final class MemoryWatch implements StreamCall {
    private static final class Cursor {
        final WatchCreateRequest request;
        long next;

        Cursor(WatchCreateRequest request, long next) {
            this.request = request;
            this.next = next;
        }
    }

    private final MemoryStore store;
    private final StreamSink sink;
    private final Map<Long, Cursor> cursors = new LinkedHashMap<>();
    private final Runnable listener;
    private long nextId;
    private boolean over;

    MemoryWatch(MemoryStore store, Context loop, StreamSink sink) {
        this.store = store;
        this.sink = sink;
        this.listener = () -> loop.runOnContext(v -> deliver());
        store.listen(listener);
    }

    @Override
    public void message(Buffer message) {
        WatchRequest request;
        try {
            request = WatchRequest.parseFrom(message.getBytes());
        } catch (InvalidProtocolBufferException e) {
            throw new EtcdException(13, String.valueOf(e.getMessage()));
        }
        if (request.hasCreateRequest()) {
            WatchCreateRequest create = request.getCreateRequest();
            long now = store.header().getRevision();
            long id = nextId++;
            cursors.put(id, new Cursor(create, create.getStartRevision() > 0 ? create.getStartRevision() : now + 1));
            send(WatchResponse.newBuilder()
                    .setHeader(store.header())
                    .setWatchId(id)
                    .setCreated(true));
            deliver();
        } else if (request.hasCancelRequest()) {
            long id = request.getCancelRequest().getWatchId();
            if (cursors.remove(id) != null) {
                send(WatchResponse.newBuilder()
                        .setHeader(store.header())
                        .setWatchId(id)
                        .setCanceled(true));
            }
        } else if (request.hasProgressRequest()) {
            send(WatchResponse.newBuilder().setHeader(store.header()).setWatchId(-1));
        }
    }

    private void deliver() {
        if (over) {
            return;
        }
        for (Map.Entry<Long, Cursor> entry : List.copyOf(cursors.entrySet())) {
            Cursor cursor = entry.getValue();
            if (cursor.next < store.compactRevision()) {
                cursors.remove(entry.getKey());
                send(WatchResponse.newBuilder()
                        .setWatchId(entry.getKey())
                        .setCanceled(true)
                        .setCompactRevision(store.compactRevision()));
                continue;
            }
            List<Event> events = store.events(cursor.next, cursor.request.getKey(), cursor.request.getRangeEnd());
            if (!events.isEmpty()) {
                cursor.next = events.get(events.size() - 1).getKv().getModRevision() + 1;
                send(WatchResponse.newBuilder()
                        .setHeader(store.header())
                        .setWatchId(entry.getKey())
                        .addAllEvents(events));
            }
        }
    }

    private void send(WatchResponse.Builder response) {
        sink.send(Buffer.buffer(response.build().toByteArray()));
    }

    @Override
    public void halfClose() {}

    @Override
    public void cancel() {
        over = true;
        store.unlisten(listener);
    }
}
