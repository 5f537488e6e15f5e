package dev.rollcall.agent.member;

import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.Command;
import java.util.ArrayList;
import java.util.List;

/** A raft thread that is the test's own: what is posted runs at once, and rounds of reads are written down. */
final class ScriptedRaft implements RaftPort {
    final List<Long> rounds = new ArrayList<>();
    SoftState soft = new SoftState(3, 2, Role.FOLLOWER);

    @Override
    public void post(Runnable task) {
        task.run();
    }

    @Override
    public SoftState softState() {
        return soft;
    }

    @Override
    public ProposeResult propose(byte[] command) {
        return ProposeResult.NOT_LEADER;
    }

    @Override
    public Verdict proposeChange(Command command) {
        return Verdict.LATER;
    }

    @Override
    public void readIndex(long id) {
        rounds.add(id);
    }
}
