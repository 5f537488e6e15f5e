package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection through a {@link PeerProxy}: frames one way, as the link's fate will have it; bytes the other way. */
final class PeerRelay {
    /** Frames that may wait here; then the dialler is no longer read, and its kernel and its own queue fill up. */
    private static final int MAX_WAITING = 4_096;

    /** Of a program that is no member yet and only asks: always passes. */
    private static final PeerProxy.Link NO_MEMBERS = new PeerProxy.Link(0, 0);

    private record Waiting(Buffer frame, long dueNanos) {}

    private final PeerProxy proxy;
    private final NetSocket dialler;
    private final int target;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private PeerProxy.@Nullable Link link;
    private @Nullable NetSocket member;
    private boolean dialled;
    private boolean timerSet;
    private boolean ended;

    PeerRelay(PeerProxy proxy, NetSocket dialler, int target) {
        this.proxy = proxy;
        this.dialler = dialler;
        this.target = target;
    }

    void start() {
        dialler.handler(new Frames(this::frame, what -> dialler.close()));
        dialler.exceptionHandler(e -> {});
        dialler.closeHandler(v -> end());
    }

    private void frame(FrameType type, Buffer payload) {
        PeerProxy.Link known = link;
        if (known == null) {
            known = type == FrameType.GREETING ? named(Greeting.decode(payload)) : NO_MEMBERS;
            link = known;
        }
        switch (proxy.fate(known)) {
            case DROP -> {}
            case RESET -> dialler.close();
            case PASS, STALL -> {
                long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(proxy.delayMs(known));
                waiting.add(new Waiting(Frames.of(type, payload.getBytes()), due));
                if (waiting.size() >= MAX_WAITING) {
                    dialler.pause();
                }
                forward();
            }
        }
    }

    private static PeerProxy.Link named(Greeting greeting) {
        return new PeerProxy.Link(greeting.from(), greeting.who().to());
    }

    void fateChanged() {
        if (link != null) {
            switch (proxy.fate(link)) {
                case DROP -> waiting.clear();
                case RESET -> dialler.close();
                case PASS, STALL -> {}
            }
            forward();
        }
    }

    /** Hands on what is due, in order. */
    private void forward() {
        if (ended || link == null || proxy.fate(link) == PeerProxy.Fate.STALL || waiting.isEmpty()) {
            return;
        }
        if (member == null) {
            dial();
            return;
        }
        Waiting next;
        while ((next = waiting.peek()) != null && !member.writeQueueFull()) {
            long earlyMs = TimeUnit.NANOSECONDS.toMillis(next.dueNanos() - System.nanoTime());
            if (earlyMs > 0) {
                forwardIn(earlyMs);
                return;
            }
            member.write(waiting.remove().frame());
        }
        if (waiting.isEmpty()) {
            dialler.resume();
        } else {
            member.drainHandler(v -> forward());
        }
    }

    private void forwardIn(long ms) {
        if (!timerSet) {
            timerSet = true;
            proxy.vertx().setTimer(ms, id -> {
                timerSet = false;
                forward();
            });
        }
    }

    private void dial() {
        if (dialled) {
            return;
        }
        dialled = true;
        proxy.dial(target).onFailure(e -> dialler.close()).onSuccess(out -> {
            member = out;
            out.exceptionHandler(e -> {});
            out.handler(dialler::write);
            out.closeHandler(v -> dialler.close());
            if (ended) {
                out.close();
            }
            forward();
        });
    }

    private void end() {
        ended = true;
        waiting.clear();
        proxy.ended(this);
        if (member != null) {
            member.close();
        }
    }
}
