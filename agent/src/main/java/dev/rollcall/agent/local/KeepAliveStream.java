package dev.rollcall.agent.local;

import dev.rollcall.agent.call.Bytes;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.member.LeaseClock;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import dev.rollcall.storage.proto.ResponseHeader;
import io.vertx.core.AsyncResult;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One LeaseKeepAlive call. Renewals are asked for as they come and answered in that order; an unknown lease has TTL 0. A
 * renewal whose outcome is unknown ends the stream, so that the client asks again.
 */
final class KeepAliveStream implements ServedStream {
    /** What a renewal takes until it is answered: by the layout of its objects, rounded up. */
    private static final int RENEWAL_BYTES = 200;

    /** A renewal; its header is older than the renewal itself, so that it promises nothing too much. */
    private static final class Renewal {
        final ResponseHeader header;
        final long leaseId;

        @Nullable
        AsyncResult<Long> ttl;

        Renewal(ResponseHeader header, long leaseId) {
            this.header = header;
            this.leaseId = leaseId;
        }
    }

    private final LeaseClock clock;
    private final Headers headers;
    private final LongSupplier revision;
    private final int pendingMax;
    private final StreamSink sink;
    private final OpenStreams open;
    private final ArrayDeque<Renewal> pending = new ArrayDeque<>();
    private boolean halfClosed;
    private boolean awaitingReader;
    private boolean ended;

    KeepAliveStream(
            LeaseClock clock,
            Headers headers,
            LongSupplier revision,
            int pendingMax,
            OpenStreams open,
            StreamSink sink) {
        this.clock = clock;
        this.headers = headers;
        this.revision = revision;
        this.pendingMax = pendingMax;
        this.sink = sink;
        this.open = open;
        open.keepAliveStreams.increment();
    }

    @Override
    public void message(Buffer message) {
        if (ended) {
            return;
        }
        if (pending.size() >= pendingMax || !open.keep(RENEWAL_BYTES)) {
            end(EtcdError.TOO_MANY_REQUESTS.exception());
            return;
        }
        try {
            long id = Requests.parse(LeaseKeepAliveRequest.parser(), Bytes.of(message))
                    .getID();
            Renewal renewal = new Renewal(headers.at(revision.getAsLong()), id);
            pending.add(renewal);
            clock.renew(id).onComplete(ttl -> {
                renewal.ttl = ttl;
                answer();
            });
        } catch (EtcdException e) {
            end(e);
        }
    }

    private void answer() {
        while (!ended && !pending.isEmpty()) {
            Renewal first = pending.element();
            AsyncResult<Long> ttl = first.ttl;
            if (ttl == null) {
                return;
            }
            if (ttl.failed()) {
                end(Failures.asEtcd(ttl.cause()));
                return;
            }
            if (!sink.writable()) {
                awaitReader();
                return;
            }
            pending.remove();
            open.giveBack(RENEWAL_BYTES);
            LeaseKeepAliveResponse body = LeaseKeepAliveResponse.newBuilder()
                    .setID(first.leaseId)
                    .setTTL(ttl.result())
                    .build();
            sink.send(Headers.answer(first.header, body));
        }
        if (halfClosed) {
            end(null);
        }
    }

    private void awaitReader() {
        if (!awaitingReader) {
            awaitingReader = true;
            sink.onWritable(() -> {
                awaitingReader = false;
                answer();
            });
        }
    }

    @Override
    public void halfClose() {
        halfClosed = true;
        answer();
    }

    @Override
    public void cancel() {
        if (!ended) {
            ended = true;
            open.keepAliveStreams.decrement();
            open.giveBack((long) pending.size() * RENEWAL_BYTES);
            pending.clear();
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
