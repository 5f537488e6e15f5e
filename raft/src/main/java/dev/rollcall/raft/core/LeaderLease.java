package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The time for which a leader knows, by its clock, that nobody else can have been elected: it begins with a round of
 * heartbeats that a quorum has confirmed, each of whose members refuses its vote for the shortest election timeout after it.
 */
final class LeaderLease {
    private record Round(long number, long began) {}

    private final long nanos;
    private final ArrayDeque<Round> rounds = new ArrayDeque<>();
    private boolean confirmed;
    private long began;
    private boolean givenUp;

    private LeaderLease(long nanos) {
        this.nanos = nanos;
    }

    /** Null unless the configuration asks for leases. */
    static @Nullable LeaderLease of(RaftConfig config) {
        RaftConfig.LeaseReads leases = config.leaseReads();
        return leases == null
                ? null
                : new LeaderLease((long) (config.electionTicksMin() * leases.tickNanos() * (1 - leases.driftBound())));
    }

    /** Heartbeats with this number are about to leave. */
    void roundBegins(long number, long now) {
        if (rounds.isEmpty() || rounds.getLast().number < number) {
            rounds.addLast(new Round(number, now));
            if (now - rounds.getFirst().began >= nanos) {
                rounds.removeFirst(); // too old to be of use when it is confirmed
            }
        }
    }

    /** This leader has told another member to campaign; from then on nobody's refusal is certain. */
    void giveUp() {
        givenUp = true;
    }

    /**
     * Whether it is certain at this moment that nobody else leads.
     *
     * @param confirmedRound highest round that a quorum has confirmed
     */
    boolean holds(long confirmedRound, long now) {
        while (!rounds.isEmpty() && rounds.getFirst().number <= confirmedRound) {
            began = rounds.removeFirst().began;
            confirmed = true;
        }
        return confirmed && !givenUp && now - began < nanos;
    }
}
