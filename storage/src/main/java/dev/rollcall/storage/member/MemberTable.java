package dev.rollcall.storage.member;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.proto.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * The members of the cluster, and the ids of those that were removed; the only membership store, from which the Raft
 * configuration follows. Any thread may read; changes are for the apply thread.
 *
 * <p>An id stays among the removed for ever: whoever comes back under it is told so, rather than taken for a member that is
 * not known yet. That costs a few bytes for each removal.
 */
public final class MemberTable {
    private volatile ConcurrentSkipListMap<Long, MemberRow> members =
            new ConcurrentSkipListMap<>(Long::compareUnsigned);
    private volatile ConcurrentSkipListSet<Long> removed = new ConcurrentSkipListSet<>(Long::compareUnsigned);
    private volatile long version;

    /** The member; null if there is none of that id. */
    public @Nullable MemberRow get(long id) {
        return members.get(id);
    }

    /** All members, in the unsigned order of their ids. */
    public List<MemberRow> rows() {
        return List.copyOf(members.values());
    }

    /** All members, as the API shows them. */
    public List<Member> messages() {
        return members.values().stream().map(MemberRow::message).toList();
    }

    /** Whether this id was a member's that has been removed. */
    public boolean wasRemoved(long id) {
        return removed.contains(id);
    }

    /** Ids of removed members, in unsigned order. */
    public List<Long> removed() {
        return List.copyOf(removed);
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    /** Grows with every change, so that a reader can tell whether there was one. */
    public long version() {
        return version;
    }

    /** The member, other than {@code id}, that has one of these peer URLs; null if there is none. */
    public @Nullable MemberRow ownerOf(List<String> peerUrls, long id) {
        for (MemberRow row : members.values()) {
            if (row.id() != id && row.peerUrls().stream().anyMatch(peerUrls::contains)) {
                return row;
            }
        }
        return null;
    }

    /** The Raft configuration that the roles amount to. */
    public Membership membership() {
        TreeSet<Long> voters = new TreeSet<>();
        TreeSet<Long> outgoing = new TreeSet<>();
        TreeSet<Long> learners = new TreeSet<>();
        boolean joint = false;
        for (MemberRow row : members.values()) {
            switch (row.role()) {
                case VOTER -> {
                    voters.add(row.id());
                    outgoing.add(row.id());
                }
                case INCOMING -> voters.add(row.id());
                case OUTGOING -> outgoing.add(row.id());
                case DEMOTED -> {
                    outgoing.add(row.id());
                    learners.add(row.id());
                }
                case LEARNER -> learners.add(row.id());
                case REMOVED -> throw new IllegalStateException("a removed member is among the members");
            }
            joint |= row.role() == MemberRole.INCOMING
                    || row.role() == MemberRole.OUTGOING
                    || row.role() == MemberRole.DEMOTED;
        }
        return new Membership(voters, joint ? outgoing : new TreeSet<>(), learners);
    }

    /** Adds or replaces a member, or enters one as removed. Apply thread. */
    public void put(MemberRow row) {
        if (row.role() == MemberRole.REMOVED) {
            members.remove(row.id());
            removed.add(row.id());
        } else {
            members.put(row.id(), row);
        }
        changed();
    }

    private void changed() {
        long next = version + 1; // only the apply thread writes it
        version = next;
    }

    /** Takes over the content of another table, which is not to be used any more. Apply thread. */
    public void adopt(MemberTable next) {
        removed = next.removed;
        members = next.members;
        changed();
    }

    /**
     * Gives every member its role in a configuration; who has none is removed. Apply thread.
     *
     * @return the rows that changed
     * @throws IllegalStateException if the configuration counts somebody who is no member
     */
    public List<MemberRow> assign(Membership membership) {
        List<MemberRow> changed = new ArrayList<>();
        for (MemberRow row : rows()) {
            MemberRole role = MemberRole.in(membership, row.id());
            if (role == null) {
                changed.add(MemberRow.removed(row.id()));
            } else if (role != row.role()) {
                changed.add(row.as(role));
            }
        }
        changed.forEach(this::put);
        if (!membership().equals(membership)) {
            throw new IllegalStateException(
                    "the configuration " + membership + " does not fit the members " + members.values());
        }
        return changed;
    }
}
