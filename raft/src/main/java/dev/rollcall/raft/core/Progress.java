package dev.rollcall.raft.core;

/**
 * What a leader knows of one other member. {@code match} only grows within a term; {@code next} stays above it, and only
 * falls when the follower has refused an append.
 */
final class Progress {
    private final long id;
    private final Inflights inflights;
    private ProgressState state = ProgressState.PROBE;
    private long match;
    private long next;
    private boolean probeSent;
    private long heardTick;
    private long sentCommit;
    private long confirmedRound;
    private long newsTick;

    /** @param now counts as the moment it was last heard from: a newcomer has a whole election timeout to answer */
    Progress(long id, long next, RaftConfig config, long now) {
        this.id = id;
        this.next = next;
        this.heardTick = now;
        this.inflights = new Inflights(config.maxInflightMessages(), config.maxInflightBytes());
    }

    long id() {
        return id;
    }

    ProgressState state() {
        return state;
    }

    long match() {
        return match;
    }

    long next() {
        return next;
    }

    /** Whether appends must wait. */
    boolean paused() {
        return switch (state) {
            case PROBE -> probeSent;
            case REPLICATE -> inflights.full();
            case SNAPSHOT -> true;
        };
    }

    /** An append with entries up to this index goes out. */
    void sent(long lastIndex, long bytes) {
        if (state == ProgressState.PROBE) {
            probeSent = true;
        } else {
            inflights.add(lastIndex, bytes);
            next = lastIndex + 1;
        }
    }

    /** The follower's durable log equals the leader's up to this index. */
    void accepted(long index, long now) {
        if (index < match) {
            return;
        }
        if (index > match) {
            match = index;
            newsTick = now;
        }
        if (state == ProgressState.REPLICATE) {
            inflights.freeThrough(match);
            next = Math.max(next, match + 1);
        } else {
            state = ProgressState.REPLICATE;
            inflights.clear();
            next = match + 1;
        }
    }

    /**
     * The follower refused an append behind {@code prevIndex}.
     *
     * @param possibleMatch highest index at which the logs may agree
     */
    void rejected(long prevIndex, long possibleMatch) {
        if (prevIndex <= match) {
            return; // overtaken by an acceptance
        }
        if (state == ProgressState.PROBE && prevIndex != next - 1) {
            return; // answers an earlier probe
        }
        becomeProbe(Math.min(prevIndex, possibleMatch + 1));
    }

    /** What is on its way may be lost: starts again from what is certain. */
    void connectionLost() {
        if (state == ProgressState.REPLICATE) {
            becomeProbe(match + 1);
        }
    }

    void becomeProbe(long from) {
        state = ProgressState.PROBE;
        probeSent = false;
        inflights.clear();
        next = Math.max(from, match + 1);
    }

    void becomeSnapshot() {
        state = ProgressState.SNAPSHOT;
        inflights.clear();
    }

    /** It answers heartbeats: a probe that has not been answered by now may be repeated. */
    void heartbeatAnswered(long round) {
        probeSent = false;
        confirmedRound = Math.max(confirmedRound, round);
    }

    long confirmedRound() {
        return confirmedRound;
    }

    void heard(long now) {
        heardTick = now;
    }

    /** Whether it was heard from within this many ticks. */
    boolean heardWithin(int ticks, long now) {
        return now - heardTick < ticks;
    }

    /** The highest commit index it has been told. */
    long sentCommit() {
        return sentCommit;
    }

    void commitSent(long commit) {
        sentCommit = Math.max(sentCommit, commit);
    }

    /** Whether nothing has been accepted or asked for this long, in ticks. */
    boolean silentFor(int ticks, long now) {
        return now - newsTick >= ticks;
    }

    void asked(long now) {
        newsTick = now;
    }

    RaftStatus.Follower status(boolean recentlyActive) {
        return new RaftStatus.Follower(id, state, match, next, inflights.count(), inflights.bytes(), recentlyActive);
    }
}
