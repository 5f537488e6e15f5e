package dev.rollcall.agent.local;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.Bytes;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.KeyRange;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One Watch call: its watchers, and what is said on it. Source of the behaviour: etcd v3.6, {@code v3rpc/watch.go}.
 *
 * <p>Answers to the client's own requests are sent even to a slow reader, up to a limit; events only while it reads.
 */
final class WatchStream implements ServedStream {
    /** Id in an answer that is about no watcher: a failed creation, or progress of all. */
    private static final long NO_WATCHER = -1;

    /** Events of several revisions in one response: more would only wait here for a slow reader. */
    private static final int PAGE_BYTES = 64 << 10;

    private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
    private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
    private static final String COMPACTED = "mvcc: required revision has been compacted";
    private static final String TOO_MANY_WATCHERS = "etcdserver: too many watchers on the WatchStream";

    private static final String TOO_LARGE =
            "rollcall: the previous values of one revision are larger than an answer may be: "
                    + "watch without them, or fewer keys";

    /** The smallest key there is: what an absent key means here. */
    private static final ByteString FIRST_KEY = ByteString.copyFrom(new byte[1]);

    private final Vertx vertx;
    private final WatchHub hub;
    private final Headers headers;
    private final LocalLimits limits;
    private final StreamSink sink;
    private final OpenStreams open;
    private final Map<Long, Watcher> watchers = new HashMap<>();
    private long nextId;
    private int unread;
    private boolean awaitingReader;
    private boolean ended;
    private @Nullable Long progressTimer;

    WatchStream(Vertx vertx, WatchHub hub, Headers headers, LocalLimits limits, OpenStreams open, StreamSink sink) {
        this.vertx = vertx;
        this.hub = hub;
        this.headers = headers;
        this.limits = limits;
        this.sink = sink;
        this.open = open;
        open.watchStreams.increment();
    }

    @Override
    public void message(Buffer message) {
        if (ended) {
            return;
        }
        try {
            WatchRequest request = Requests.parse(WatchRequest.parser(), Bytes.of(message));
            switch (request.getRequestUnionCase()) {
                case CREATE_REQUEST -> create(request.getCreateRequest());
                case CANCEL_REQUEST -> cancel(request.getCancelRequest().getWatchId());
                case PROGRESS_REQUEST -> progressOfAll();
                default -> {
                    // A request of a newer protocol: etcd, too, passes over it.
                }
            }
        } catch (EtcdException e) {
            end(e);
        }
    }

    private void create(WatchCreateRequest request) {
        ByteString key = request.getKey().isEmpty() ? FIRST_KEY : request.getKey();
        KeyRange range = KeyRange.of(key, request.getRangeEnd());
        long published = hub.enter();
        String refusal = refusal(request, range);
        if (refusal != null) {
            control(response(published, NO_WATCHER)
                    .setCreated(true)
                    .setCanceled(true)
                    .setCancelReason(refusal));
            return;
        }
        long start = request.getStartRevision();
        Watcher watcher = new Watcher(this, idFor(request), range, request);
        watcher.next = start == 0 ? published + 1 : start;
        watcher.progressFloor = start == 0 ? published : start;
        if (!open.keep(watcher.bytes())) {
            control(response(published, NO_WATCHER)
                    .setCreated(true)
                    .setCanceled(true)
                    .setCancelReason(EtcdError.TOO_MANY_REQUESTS.text()));
            return;
        }
        watchers.put(watcher.id(), watcher);
        open.watchers.increment();
        control(response(published, watcher.id()).setCreated(true));
        if (ended) {
            return;
        }
        hub.add(watcher);
        if (watcher.notifyProgress()) {
            startProgressTimer();
        }
    }

    private @Nullable String refusal(WatchCreateRequest request, KeyRange range) {
        if (range.isEmpty()) {
            return EMPTY_RANGE;
        }
        if (request.getStartRevision() < 0) {
            return COMPACTED;
        }
        if (request.getWatchId() != 0 && watchers.containsKey(request.getWatchId())) {
            return DUPLICATE_ID;
        }
        return watchers.size() >= limits.watch().watchersPerStream() ? TOO_MANY_WATCHERS : null;
    }

    private long idFor(WatchCreateRequest request) {
        if (request.getWatchId() != 0) {
            return request.getWatchId();
        }
        while (watchers.containsKey(nextId)) {
            nextId++;
        }
        return nextId++;
    }

    private void cancel(long id) {
        Watcher watcher = watchers.remove(id);
        if (watcher != null) {
            forget(watcher);
            hub.remove(watcher);
            control(response(hub.published(), id).setCanceled(true));
        }
    }

    private void forget(Watcher watcher) {
        open.watchers.decrement();
        open.giveBack(watcher.bytes());
    }

    /** Cancels a watcher whose next revision is compacted. */
    void cancelCompacted(Watcher watcher, long compactRevision) {
        if (watchers.remove(watcher.id()) != null) {
            forget(watcher);
        }
        control(response(0, watcher.id()).setCanceled(true).setCompactRevision(compactRevision));
    }

    /** Cancels a watcher whose next revision takes more memory, with the values it replaced, than one answer may. */
    void cancelTooLarge(Watcher watcher) {
        if (watchers.remove(watcher.id()) != null) {
            forget(watcher);
        }
        control(response(hub.published(), watcher.id()).setCanceled(true).setCancelReason(TOO_LARGE));
    }

    private void progressOfAll() {
        if (watchers.isEmpty()) {
            return;
        }
        hub.drain();
        long revision = hub.syncedRevision();
        // Dropped unless everybody is there, as in etcd: the client asks again.
        if (watchers.values().stream().allMatch(watcher -> reached(watcher, revision))) {
            control(response(revision, NO_WATCHER));
        }
    }

    private static boolean reached(Watcher watcher, long revision) {
        return watcher.place == Watcher.Place.SYNCED && revision >= watcher.progressFloor;
    }

    private void startProgressTimer() {
        if (progressTimer == null) {
            long jitterMs = ThreadLocalRandom.current().nextLong(limits.watch().progressIntervalMs() / 10 + 1);
            progressTimer = vertx.setPeriodic(limits.watch().progressIntervalMs() + jitterMs, timer -> notifyIdle());
        }
    }

    private void notifyIdle() {
        hub.drain();
        long revision = hub.syncedRevision();
        for (Watcher watcher : List.copyOf(watchers.values())) {
            if (watcher.notifyProgress() && watcher.idle && reached(watcher, revision) && writable()) {
                control(response(revision, watcher.id()));
            }
            watcher.idle = true;
        }
    }

    /**
     * Sends these events as far as the client reads them.
     *
     * @param events in order; all of the revisions it starts or ends within
     * @param through everything up to this revision is in {@code events} or does not concern the watcher
     * @return the watcher's next revision: behind {@code through} if all were sent
     */
    long send(Watcher watcher, List<WatchedEvent> events, long through) {
        int responseBytes = limits.watch().responseBytes();
        EventPages pages = new EventPages(events, watcher, Math.min(PAGE_BYTES, responseBytes), responseBytes);
        while (pages.hasNext()) {
            if (!pages.withinRevision() && !writable()) {
                return pages.nextRevision();
            }
            EventPages.Page page = pages.next();
            long revision = pages.hasNext() ? page.lastRevision() : through;
            WatchResponse head = response(revision, watcher.id())
                    .setFragment(page.fragment())
                    .build();
            sink.send(page.encode(head));
            watcher.idle = false;
        }
        return through + 1;
    }

    /** Whether the client takes events. */
    boolean writable() {
        return !ended && sink.writable();
    }

    /** Lets the hub go on with this stream's watchers when the client reads again. */
    void awaitReader() {
        if (!ended && !awaitingReader) {
            awaitingReader = true;
            sink.onWritable(() -> {
                awaitingReader = false;
                hub.readerIsBack();
            });
        }
    }

    private WatchResponse.Builder response(long revision, long id) {
        return WatchResponse.newBuilder().setHeader(headers.at(revision)).setWatchId(id);
    }

    private void control(WatchResponse.Builder response) {
        if (ended) {
            return;
        }
        unread = sink.writable() ? 0 : unread + 1;
        if (unread > limits.pendingAnswers()) {
            end(EtcdError.TOO_MANY_REQUESTS.exception());
            return;
        }
        sink.send(Buffer.buffer(response.build().toByteArray()));
    }

    @Override
    public void halfClose() {
        // A client that will create no more watchers still wants the events of those it has.
    }

    @Override
    public void cancel() {
        if (!ended) {
            ended = true;
            watchers.values().forEach(hub::remove);
            watchers.values().forEach(this::forget);
            open.watchStreams.decrement();
            watchers.clear();
            if (progressTimer != null) {
                vertx.cancelTimer(progressTimer);
            }
        }
    }

    @Override
    public void end(@Nullable EtcdException error) {
        if (!ended) {
            cancel();
            sink.end(error);
        }
    }

    @Override
    public boolean ended() {
        return ended;
    }
}
