package dev.rollcall.raft.driver;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Decides whether whoever greets this member may be heard. A message counts only if its sender has the directory that its id
 * was first seen with: a member that lost its directory has lost what it promised, its vote and the entries it acknowledged,
 * and could help to elect a leader that lacks committed entries.
 *
 * <p>An id that is unknown here is heard all the same, unless it is known to have been removed: a member that lags behind
 * must be able to learn from a leader that joined after it fell behind.
 *
 * <p>One thread at a time. The bindings are durable elsewhere; the caller makes each one so between {@link #greeted} and
 * {@link #bound}.
 */
public final class PeerGate {
    private final PeerGreeting self;
    private final LongPredicate removed;
    private final TreeMap<Long, DirectoryId> bindings = new TreeMap<>();

    /**
     * @param self what this member says of itself; {@code to} is ignored
     * @param recovered the bindings that the disk held
     * @param removed whether an id was a member's that has been removed
     */
    public PeerGate(PeerGreeting self, Map<Long, DirectoryId> recovered, LongPredicate removed) {
        this.self = self;
        this.removed = removed;
        bindings.putAll(recovered);
    }

    /** What this member says to another. */
    public PeerGreeting greetingTo(long member) {
        return new PeerGreeting(self.format(), self.cluster(), self.member(), member, self.directory());
    }

    /** What to make of this greeting. Changes nothing. */
    public Welcome greeted(PeerGreeting greeting) {
        String who = "member " + hex(greeting.member());
        if (greeting.format() != self.format()) {
            return refused("it speaks format " + greeting.format() + " of the peer protocol, this member "
                    + self.format() + ": run the same version on both");
        }
        if (greeting.cluster() != self.cluster()) {
            return refused(who + " belongs to cluster " + hex(greeting.cluster()) + ", this member to "
                    + hex(self.cluster()) + ": check --initial-cluster and --initial-cluster-token on both");
        }
        if (greeting.to() != self.member()) {
            return refused(who + " looks for member " + hex(greeting.to()) + ", this is " + hex(self.member())
                    + ": check the peer URLs");
        }
        if (greeting.member() == self.member() || greeting.member() == 0) {
            return refused(who + " greets itself: check the peer URLs");
        }
        if (removed.test(greeting.member())) {
            return new Welcome(Welcome.Verdict.REMOVED, who + " was removed from cluster " + hex(self.cluster()));
        }
        DirectoryId bound = bindings.get(greeting.member());
        if (bound == null) {
            return Welcome.BIND_FIRST;
        }
        if (!bound.equals(greeting.directory())) {
            return new Welcome(
                    Welcome.Verdict.OTHER_DIRECTORY,
                    who + " had data directory " + bound + " and now has " + greeting.directory()
                            + ": its log is lost, so remove and add this member");
        }
        return Welcome.WELCOME;
    }

    /**
     * The speaker's directory is now bound, durably.
     *
     * @throws IllegalStateException if its id has another one
     */
    public void bound(PeerGreeting greeting) {
        DirectoryId before = bindings.putIfAbsent(greeting.member(), greeting.directory());
        if (before != null && !before.equals(greeting.directory())) {
            throw new IllegalStateException(
                    "member " + hex(greeting.member()) + " is bound to " + before + ", not to " + greeting.directory());
        }
    }

    private static Welcome refused(String why) {
        return new Welcome(Welcome.Verdict.REFUSED, why);
    }

    private static String hex(long id) {
        return Long.toHexString(id);
    }
}
