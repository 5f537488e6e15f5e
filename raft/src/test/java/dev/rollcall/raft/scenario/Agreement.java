package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.Map;
import java.util.TreeMap;

/** What holds in every situation: a term has one leader, an index one applied entry (Raft paper, figure 3). */
final class Agreement {
    private final Map<Long, Long> leaders = new TreeMap<>();
    private final Map<Long, Entry> applied = new TreeMap<>();

    void check(Lab lab) {
        for (LabMember member : lab.members()) {
            if (member.leads()) {
                Long other = leaders.putIfAbsent(member.term(), member.id());
                if (other != null && other != member.id()) {
                    throw new AssertionError(
                            "members " + other + " and " + member.id() + " both lead term " + member.term());
                }
            }
            for (Entry entry : member.appliedEntries()) {
                Entry other = applied.putIfAbsent(entry.index(), entry);
                if (other != null && !other.equals(entry)) {
                    throw new AssertionError("member " + member.id() + " applied " + entry + ", another one " + other);
                }
            }
        }
    }
}
