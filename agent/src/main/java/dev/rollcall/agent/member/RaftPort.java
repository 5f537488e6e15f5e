package dev.rollcall.agent.member;

import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.Command;

/** What those who propose and read need of the raft thread. */
interface RaftPort {
    /** Runs this on the raft thread. Any thread. */
    void post(Runnable task);

    /** Term, leader and role as of the last input. Raft thread only. */
    SoftState softState();

    /** Proposes one command. Raft thread only. */
    ProposeResult propose(byte[] command);

    /** Proposes a command that changes the configuration, together with the configuration. Raft thread only. */
    Verdict proposeChange(Command command);

    /** Asks for an index that a read with this id must wait for. Raft thread only. */
    void readIndex(long id);
}
