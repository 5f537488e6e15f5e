package dev.rollcall.raft.lab;

import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGate;
import dev.rollcall.raft.driver.PeerGreeting;
import dev.rollcall.raft.driver.Welcome;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/** Who a {@link LabMember} is to its peers: its directory, and the directories it has bound theirs to, which its disk keeps. */
final class LabIdentity {
    private static final int FORMAT = 1;
    private static final long CLUSTER = 1;

    private final long id;
    private final LongPredicate removed;
    private final TreeMap<Long, DirectoryId> bindings = new TreeMap<>();
    private int directories;

    /** @param removed whether a member's removal is applied here */
    LabIdentity(long id, LongPredicate removed) {
        this.id = id;
        this.removed = removed;
    }

    /** Directory and bindings are lost with the disk. */
    void wiped() {
        directories++;
        bindings.clear();
    }

    private PeerGate gate() {
        DirectoryId directory = new DirectoryId(id, directories);
        return new PeerGate(new PeerGreeting(FORMAT, CLUSTER, id, 0, directory), bindings, removed);
    }

    /** What this member makes of another that greets it now; a first contact is bound. */
    Welcome greetedBy(LabIdentity other) {
        PeerGate gate = gate();
        PeerGreeting greeting = other.gate().greetingTo(id);
        Welcome welcome = gate.greeted(greeting);
        if (welcome.verdict() == Welcome.Verdict.BIND_FIRST) {
            gate.bound(greeting);
            bindings.put(other.id, greeting.directory());
        }
        return welcome;
    }
}
