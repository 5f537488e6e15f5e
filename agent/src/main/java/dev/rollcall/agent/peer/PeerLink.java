package dev.rollcall.agent.peer;

import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.net.ConnectException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One dialled stream to one peer, kept up for ever: dial, greet, send, dial again. Everything but {@link #send} runs on its
 * context.
 */
final class PeerLink {
    private static final Logger log = LoggerFactory.getLogger(PeerLink.class);
    private static final int BATCH_BYTES = 256 << 10;
    private static final long GREETING_TIMEOUT_MS = 3_000;
    private static final long BACKOFF_MIN_MS = 50;
    private static final long BACKOFF_MAX_MS = 500;

    private final Vertx vertx;
    private final Context context;
    private final NetClient client;
    private final Greeter greeter;
    private final PeerEvents events;
    private final long peer;
    private final StreamKind stream;
    private final List<URI> urls;
    private final OutQueue queue;
    private volatile List<URI> hints = List.of();
    private final AtomicBoolean drainPending = new AtomicBoolean();
    private volatile boolean up;
    private volatile long upSinceNanos;
    private @Nullable NetSocket socket;
    private boolean closed;
    private boolean lostJustNow;
    private String lastTrouble = "";
    private int attempt;

    PeerLink(
            Vertx vertx,
            Context context,
            NetClient client,
            Greeter greeter,
            PeerEvents events,
            long peer,
            StreamKind stream,
            List<URI> urls,
            long maxQueueBytes) {
        this.vertx = vertx;
        this.context = context;
        this.client = client;
        this.greeter = greeter;
        this.events = events;
        this.peer = peer;
        this.stream = stream;
        this.urls = List.copyOf(urls);
        this.queue = new OutQueue(maxQueueBytes);
    }

    void start() {
        context.runOnContext(v -> dial());
    }

    void close() {
        context.runOnContext(v -> {
            closed = true;
            up = false;
            if (socket != null) {
                socket.close();
            }
        });
    }

    /**
     * Where the peer says it is reached. Tried as well while it is not found where the table has it: it may have moved while this
     * member was away, and only it can bring the table that says so. Any thread.
     */
    void hint(List<URI> greeted) {
        if (!greeted.equals(hints)) {
            hints = List.copyOf(greeted);
        }
    }

    boolean isUp() {
        return up;
    }

    /** Whether the stream has been up for this long without a break. Any thread. */
    boolean isUpFor(long nanos) {
        return up && System.nanoTime() - upSinceNanos >= nanos;
    }

    /** Any thread. False if it was certainly not sent: the stream is down or its queue is full. */
    boolean send(Buffer frame, boolean urgent) {
        if (!up || !queue.offer(frame, urgent)) {
            return false;
        }
        if (drainPending.compareAndSet(false, true)) {
            context.runOnContext(v -> drain());
        }
        return true;
    }

    private void drain() {
        drainPending.set(false);
        NetSocket out = socket;
        if (out == null || !up) {
            queue.clear();
            return;
        }
        while (!out.writeQueueFull()) {
            Buffer batch = queue.poll(BATCH_BYTES);
            if (batch == null) {
                return;
            }
            out.write(batch);
        }
        out.drainHandler(v -> drain());
    }

    private void dial() {
        if (closed) {
            return;
        }
        List<URI> told = hints;
        int place = attempt++ % (urls.size() + told.size());
        URI url = place < urls.size() ? urls.get(place) : told.get(place - urls.size());
        client.connect(url.getPort(), url.getHost()).onComplete(done -> {
            if (done.succeeded()) {
                greet(done.result(), url);
            } else {
                refused(url, done.cause());
            }
        });
    }

    private void refused(URI url, Throwable cause) {
        boolean noOneThere = cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException);
        trouble("cannot reach it at " + url + ": " + (noOneThere ? "connection refused" : cause.getMessage()));
        if (lostJustNow && noOneThere) {
            gone();
        }
        lostJustNow = false;
        again();
    }

    private void again() {
        if (!closed) {
            long limit = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS << Math.min(attempt, 4));
            vertx.setTimer(BACKOFF_MIN_MS + ThreadLocalRandom.current().nextLong(limit), id -> dial());
        }
    }

    private void greet(NetSocket fresh, URI url) {
        if (closed) {
            fresh.close();
            return;
        }
        socket = fresh;
        long timer = vertx.setTimer(GREETING_TIMEOUT_MS, id -> {
            trouble("it does not answer the greeting at " + url);
            fresh.close();
        });
        fresh.handler(new Frames((type, payload) -> answered(fresh, timer, type, payload), what -> {
            trouble(what + " in its greeting at " + url);
            fresh.close();
        }));
        fresh.exceptionHandler(e -> log.debug("peer {} {}: {}", Long.toHexString(peer), stream, e.getMessage()));
        fresh.closeHandler(v -> {
            vertx.cancelTimer(timer);
            lost(fresh);
        });
        fresh.write(Frames.of(
                FrameType.GREETING, greeter.greeting(peer, stream.code()).encode()));
    }

    private void answered(NetSocket from, long timer, FrameType type, Buffer payload) {
        vertx.cancelTimer(timer);
        if (type != FrameType.ACCEPTED) {
            Refusal refusal = type == FrameType.REFUSED
                    ? Refusal.decode(payload)
                    : Refusal.mistake("with a frame of type " + type);
            trouble("it refuses us: " + refusal.why());
            from.close();
            events.refused(peer, refusal);
            return;
        }
        Greeting greeting;
        try {
            greeting = Greeting.decode(payload);
        } catch (IllegalArgumentException e) {
            trouble(String.valueOf(e.getMessage()));
            from.close();
            return;
        }
        greeter.check(greeting).onComplete(checked -> {
            Refusal refusal = checked.succeeded() ? checked.result() : Refusal.mistake(String.valueOf(checked.cause()));
            String why = refusal == null ? null : refusal.why();
            if (why == null && greeting.from() != peer) {
                why = "member " + Long.toHexString(greeting.from()) + " answers at its address";
            }
            if (why != null) {
                trouble("we refuse it: " + why);
                from.close();
            } else if (from == socket) {
                attempt = 0;
                lastTrouble = "";
                upSinceNanos = System.nanoTime();
                up = true;
                say("connected");
            }
        });
    }

    private void lost(NetSocket which) {
        if (which != socket) {
            return;
        }
        socket = null;
        boolean was = up;
        up = false;
        queue.clear();
        if (closed) {
            return;
        }
        if (was) {
            say("connection lost");
            lostJustNow = true;
            dial();
        } else {
            again();
        }
    }

    private void gone() {
        if (stream == StreamKind.CONSENSUS) {
            events.gone(peer);
        }
    }

    /** All streams fare alike; one of them tells. */
    private void say(String what) {
        if (stream == StreamKind.CONSENSUS) {
            log.info("peer {} at {}: {}", Long.toHexString(peer), urls, what);
        }
    }

    /** Says each trouble once: a peer that is away for an hour is one line, not an hour of lines. */
    private void trouble(String what) {
        if (!what.equals(lastTrouble)) {
            lastTrouble = what;
            if (stream == StreamKind.CONSENSUS) {
                log.warn("peer {}: {}", Long.toHexString(peer), what);
            }
        }
    }
}
