package dev.rollcall.storage.member;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The members of the cluster; the only membership store. Any thread may read; {@code put} is for the apply thread. */
public final class MemberTable {
    private final ConcurrentSkipListMap<Long, MemberRow> members = new ConcurrentSkipListMap<>(Long::compareUnsigned);

    /** The member; null if there is none of that id. */
    public @Nullable MemberRow get(long id) {
        return members.get(id);
    }

    /** All members, in the unsigned order of their ids. */
    public List<MemberRow> rows() {
        return List.copyOf(members.values());
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    /** Adds or replaces a member. */
    public void put(MemberRow row) {
        members.put(row.id(), row);
    }
}
