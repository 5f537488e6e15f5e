package dev.rollcall.agent.local;

import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.Vertx;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends the streams of one event loop that require a leader, once there has been none for a while, so that their clients
 * try another member. On that event loop.
 */
final class LeaderLoss {
    /** Looks per time that a stream outlives the loss. */
    private static final int LOOKS = 10;

    private final Vertx vertx;
    private final MemberInfo info;
    private final long leaderlessMs;
    private final Set<ServedStream> streams = new LinkedHashSet<>();
    private @Nullable Long timer;
    private @Nullable Long lostAtNanos;

    LeaderLoss(Vertx vertx, MemberInfo info, long leaderlessMs) {
        this.vertx = vertx;
        this.info = info;
        this.leaderlessMs = leaderlessMs;
    }

    /** Ends this stream when the leader is gone for too long. */
    void guard(ServedStream stream) {
        streams.add(stream);
        if (timer == null) {
            timer = vertx.setPeriodic(Math.max(1, leaderlessMs / LOOKS), tick -> look());
        }
    }

    private void look() {
        streams.removeIf(ServedStream::ended);
        if (info.soft().leader() != 0) {
            lostAtNanos = null;
        } else if (lostAtNanos == null) {
            lostAtNanos = System.nanoTime();
        } else if (System.nanoTime() - lostAtNanos >= TimeUnit.MILLISECONDS.toNanos(leaderlessMs)) {
            List.copyOf(streams).forEach(stream -> stream.end(EtcdError.NO_LEADER.exception()));
            streams.clear();
        }
        if (streams.isEmpty() && timer != null) {
            vertx.cancelTimer(timer);
            timer = null;
            lostAtNanos = null;
        }
    }
}
