package dev.rollcall.storage.lease;

import dev.rollcall.storage.apply.LeaseExpiry;
import dev.rollcall.storage.apply.LeaseRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The leader's clockwork: counts the time of every lease and says which have run out. Owned by the apply thread.
 *
 * <p>Time is ticks of 10 ms, and only the ticks that really came: after a pause nothing is caught up, so a stalled leader
 * lets leases live longer, never shorter. A lease is never given out for expiry before its whole TTL has passed since the
 * last renewal, the grant, or the start of this leader. Running out changes nothing by itself: the leases {@link #tick}
 * returns must go through the log, and until {@link #expiryDone} they are <em>expiring</em>.
 *
 * <p>Masses that run out together leave room for others: {@value #PER_TICK} keys a tick, after {@value #AT_ONCE} that go as
 * fast as the log takes them. Until its turn comes a lease can still be renewed.
 *
 * <p>A renewal only moves a deadline; the lease is put in its new place when its old place is reached, so that renewing
 * costs one look-up.
 */
public final class Lessor {
    public static final int TICKS_PER_SECOND = 100;
    /** {@link #renew}: no such lease. */
    public static final long UNKNOWN = 0;
    /** {@link #renew}: it is being revoked; answer when the outcome is known. */
    public static final long EXPIRING = -1;
    /** {@link #renew}: this member does not lead. */
    public static final long NOT_LEADING = -2;

    /** Keys an expiry may delete, unless a single lease has more. */
    static final int EXPIRY_KEYS = 4096;
    /** Keys (a lease without any counts as one) that may expire at once, after a time in which none did. */
    static final int AT_ONCE = 1_000;
    /** Keys that may expire in a tick when many leases run out together. */
    static final int PER_TICK = 40;
    /** Leases a new leader lets run out in any one second. */
    static final int PER_SECOND_AFTER_ELECTION = 1000;
    /** After an expiry that did not take effect, its leases are tried again so much later. */
    static final int RETRY_TICKS = 50;

    private static final class Countdown {
        final LeaseRow row;
        long deadline;
        /** Its place in the queue: at or before the deadline. */
        long place;

        boolean expiring;

        Countdown(LeaseRow row, long deadline) {
            this.row = row;
            this.deadline = deadline;
            this.place = deadline;
        }
    }

    private final LeaseTable table;
    private final TreeMap<Long, Countdown> countdowns = new TreeMap<>();
    private final TreeSet<Countdown> queue =
            new TreeSet<>(Comparator.<Countdown>comparingLong(c -> c.place).thenComparingLong(c -> c.row.id()));
    private List<Countdown> inFlight = List.of();
    private long now;
    private long term;
    private boolean leading;
    /** Keys that may expire now; negative after a lease that had more. */
    private int allowance;

    public Lessor(LeaseTable table) {
        this.table = table;
    }

    /**
     * This member leads, and has applied the no-op of its term: every lease gets its full TTL. If many would then run out
     * together, the later ones get more.
     */
    public void becomeLeader(long leaderTerm) {
        resign();
        leading = true;
        allowance = AT_ONCE;
        term = leaderTerm;
        List<LeaseRow> rows = new ArrayList<>(table.rows());
        rows.sort(Comparator.comparingLong(LeaseRow::ttlSeconds).thenComparingLong(LeaseRow::id));
        long windowStart = 0;
        int inWindow = 0;
        for (LeaseRow row : rows) {
            long deadline = fullDeadline(row);
            if (deadline >= windowStart + TICKS_PER_SECOND) {
                windowStart = deadline;
                inWindow = 0;
            } else if (inWindow == PER_SECOND_AFTER_ELECTION) {
                windowStart += TICKS_PER_SECOND;
                inWindow = 0;
            }
            inWindow++;
            start(row, Math.max(deadline, windowStart));
        }
    }

    /** This member leads no more: nothing expires here. */
    public void resign() {
        leading = false;
        term = 0;
        countdowns.clear();
        queue.clear();
        inFlight = List.of();
    }

    public boolean leading() {
        return leading;
    }

    /** Term in which this member leads; 0 if it does not. */
    public long term() {
        return term;
    }

    /**
     * Gives the lease its full TTL from now on.
     *
     * @return the TTL in seconds, or {@link #UNKNOWN}, {@link #EXPIRING}, {@link #NOT_LEADING}
     */
    public long renew(long leaseId) {
        if (!leading) {
            return NOT_LEADING;
        }
        Countdown countdown = countdowns.get(leaseId);
        if (countdown == null) {
            return UNKNOWN;
        }
        if (countdown.expiring) {
            return EXPIRING;
        }
        countdown.deadline = Math.max(countdown.deadline, fullDeadline(countdown.row));
        return countdown.row.ttlSeconds();
    }

    /** Ticks until the lease runs out, negative if it is overdue; empty if it is unknown or this member does not lead. */
    public OptionalLong remainingTicks(long leaseId) {
        Countdown countdown = countdowns.get(leaseId);
        return countdown == null ? OptionalLong.empty() : OptionalLong.of(countdown.deadline - now);
    }

    /**
     * One tick has passed.
     *
     * @return leases to propose for expiry in {@link #term}: at most {@value LeaseExpiry#MAX_LEASES}, with at most 4,096
     *     keys unless the first alone has more; empty while the last ones are not done, or after so many that others come
     *     first
     */
    public List<LeaseExpiry.Item> tick() {
        now++;
        allowance = Math.min(AT_ONCE, allowance + PER_TICK);
        if (!leading || !inFlight.isEmpty()) {
            return List.of();
        }
        List<Countdown> due = new ArrayList<>();
        int keys = 0;
        while (due.size() < LeaseExpiry.MAX_LEASES && allowance > 0) {
            Countdown first = nextDue();
            if (first == null) {
                break;
            }
            int more = Math.max(1, table.countKeys(first.row.id(), EXPIRY_KEYS + 1));
            if (!due.isEmpty() && keys + more > EXPIRY_KEYS) {
                break;
            }
            keys += more;
            allowance -= more;
            queue.remove(first);
            first.expiring = true;
            due.add(first);
        }
        inFlight = due;
        return due.stream()
                .map(countdown -> new LeaseExpiry.Item(countdown.row.id(), countdown.row.grantIndex()))
                .toList();
    }

    private @Nullable Countdown nextDue() {
        while (!queue.isEmpty() && queue.first().place <= now) {
            Countdown first = queue.first();
            if (first.deadline <= now) {
                return first;
            }
            queue.remove(first);
            first.place = first.deadline;
            queue.add(first);
        }
        return null;
    }

    /**
     * The expiry last given out is done: applied here, or certain never to be. Leases of it that still exist may be renewed
     * again, and otherwise run out again a little later.
     */
    public void expiryDone() {
        for (Countdown countdown : inFlight) {
            if (countdowns.get(countdown.row.id()) == countdown) {
                countdown.expiring = false;
                countdown.deadline = now + RETRY_TICKS;
                countdown.place = countdown.deadline;
                queue.add(countdown);
            }
        }
        inFlight = List.of();
    }

    /** A lease was granted. */
    public void granted(LeaseRow row) {
        if (leading) {
            start(row, fullDeadline(row));
        }
    }

    /** A lease is gone. */
    public void revoked(long leaseId) {
        Countdown gone = countdowns.remove(leaseId);
        if (gone != null) {
            queue.remove(gone);
        }
    }

    private void start(LeaseRow row, long deadline) {
        Countdown countdown = new Countdown(row, deadline);
        countdowns.put(row.id(), countdown);
        queue.add(countdown);
    }

    /** One tick more than the TTL, because the tick that comes next has already begun. */
    private long fullDeadline(LeaseRow row) {
        return now + row.ttlSeconds() * TICKS_PER_SECOND + 1;
    }
}
