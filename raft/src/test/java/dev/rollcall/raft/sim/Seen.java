package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Role;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What one machine was last seen to be, in memory and on disk. The disk's part outlives the process. */
final class Seen {
    /** Ids are below this, so that a set of members is a long. */
    static final int IDS_MAX = 64;

    // On disk.
    final ChainLog durable = new ChainLog();
    HardState hard = HardState.EMPTY;

    // In memory.
    ChainLog memory = new ChainLog();
    HardState written = HardState.EMPTY;
    long term;
    Role role = Role.FOLLOWER;
    Membership membership;
    long commit;
    long applied;
    long checkedApplied;
    /** Term that this machine leads, 0 if none. */
    long leadTerm;
    /** Its last index when it came to lead that term. */
    long leadFrom;
    /** What it believes each follower to hold. */
    final long[] match = new long[IDS_MAX];
    /** Indices of changes of membership in its log that are not applied. */
    final ArrayDeque<Long> changes = new ArrayDeque<>();

    // Elections, in ticks of this process.
    long ticks;
    long contactTick;
    long contactTerm;
    /** When a message of the term it leads last came from each member. */
    final long[] heardTick = new long[IDS_MAX];
    /** When it came to lead, or its membership last changed. */
    long graceTick;

    long orderedTick;
    long orderedTerm;
    /** Last write handed to the disk, and the last one known to be durable. */
    private long writtenSeq;

    private long persistedSeq;
    /** When the disk last showed that it works, or was last idle. */
    private long diskTick;
    /** Who has granted a pre-vote, by round. */
    final Map<Long, Long> grants = new HashMap<>();
    /** Rounds of others that asked for a pre-vote while there was no contact with a leader. */
    final Set<Long> mayGrant = new HashSet<>();
    /** Names of questions this machine has ever asked, with the life that asked. */
    final Map<Long, Integer> questions = new HashMap<>();

    Seen(Membership membership) {
        this.membership = membership;
    }

    /** The process starts: memory is what was durable. */
    void restart() {
        memory = durable.copy();
        written = hard;
        role = Role.FOLLOWER;
        leadTerm = 0;
        Arrays.fill(match, 0);
        ticks = 0;
        diskTick = 0;
        writtenSeq = 0;
        persistedSeq = 0;
        contactTerm = 0;
        orderedTerm = 0;
        grants.clear();
        mayGrant.clear();
        changes.clear();
    }

    void written(long seq) {
        if (writtenSeq == persistedSeq) {
            diskTick = ticks;
        }
        writtenSeq = seq;
    }

    void persisted(long seq) {
        persistedSeq = Math.max(persistedSeq, seq);
        diskTick = ticks;
    }

    /** For how many ticks the disk has owed a completion without giving any. */
    long stalledTicks() {
        return writtenSeq > persistedSeq ? ticks - diskTick : 0;
    }

    void cutChanges(long from) {
        while (!changes.isEmpty() && changes.getLast() >= from) {
            changes.removeLast();
        }
    }
}
