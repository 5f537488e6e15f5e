package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.sim.DurableLog;
import java.util.ArrayList;
import java.util.List;

/** State of members as lines of words. */
final class StateText {
    private StateText() {}

    /**
     * Role, term, vote, leader, and how far the log goes; how much of it is durable, and how much of what is committed is
     * applied, only where that is not all.
     */
    static String status(LabMember member) {
        if (member.isDown()) {
            return member.id() + " down";
        }
        RaftStatus status = member.driver().status();
        String text = member.id() + " " + member.role()
                + " term=" + member.term()
                + " vote=" + orNone(member.vote())
                + " leader=" + orNone(member.leader())
                + (status.firstIndex() > 1 ? " first=" + status.firstIndex() : "")
                + " last=" + status.lastIndex()
                + (status.durableIndex() == status.lastIndex() ? "" : " durable=" + status.durableIndex())
                + " commit=" + status.commit()
                + (status.applied() == status.commit() ? "" : " applied=" + status.applied());
        return status.transferTarget() == 0 ? text : text + " transfer=" + status.transferTarget();
    }

    /** What a leader knows of the others, a line for each. */
    static List<String> progress(LabMember member) {
        List<String> lines = new ArrayList<>();
        if (!member.leads()) {
            lines.add(member.id() + " does not lead");
        }
        for (RaftStatus.Follower f : member.driver().status().followers()) {
            lines.add(member.id() + " of " + f.id() + " " + f.state() + " match=" + f.match() + " next=" + f.next()
                    + (f.inflightMessages() == 0 ? "" : " inflight=" + f.inflightMessages())
                    + (f.recentlyActive() ? "" : " quiet"));
        }
        return lines;
    }

    static String membership(LabMember member) {
        if (member.isDown()) {
            return member.id() + " down";
        }
        return member.id() + " members " + EntryText.of(member.driver().status().membership());
    }

    /** What the disk would still hold after a crash now. */
    static String disk(LabMember member) {
        DurableLog disk = member.disk();
        HardState hard = disk.hardState();
        List<Entry> entries = new ArrayList<>();
        for (long index = disk.base() + 1; index <= disk.lastIndex(); index++) {
            entries.add(disk.entry(index));
        }
        return member.id() + " disk term=" + hard.term() + " vote=" + orNone(hard.vote())
                + (disk.base() == 0 ? "" : " behind=" + disk.base())
                + " log=[" + EntryText.of(entries) + "]";
    }

    static String applied(LabMember member) {
        List<String> shown = new ArrayList<>();
        for (Entry entry : member.appliedEntries()) {
            shown.add(EntryText.of(entry));
        }
        return member.id() + " applied [" + String.join(" ", shown) + "]";
    }

    /** How much of the log may be let go without cutting off a follower that is being sent a snapshot. */
    static String truncatable(LabMember member) {
        long through = member.driver().truncatableThrough();
        return member.id() + " truncatable " + (through == Long.MAX_VALUE ? "all" : "through " + through);
    }

    private static String orNone(long id) {
        return id == 0 ? "-" : String.valueOf(id);
    }
}
