package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SoftState;
import org.junit.jupiter.api.Test;

class ConsensusTest {
    private final Consensus consensus = new Consensus(
            (where, cause) -> {
                throw new AssertionError(where, cause);
            },
            new MemberEvents() {
                @Override
                public void logCommitted(long nanos) {}

                @Override
                public void stateCommitted(long nanos) {}

                @Override
                public void leaderChanged(SoftState now) {}

                @Override
                public void mustLeave(String why) {}
            });

    /** Its thread is never started: nothing that is handed in is ever taken. */
    @Test
    void messagesBeyondTheLimitAreDropped() {
        Message message = new Message.HeartbeatResponse(2, 1, 3, 0);
        for (int i = 0; i < Consensus.MAX_INBOX; i++) {
            assertTrue(consensus.receive(message));
        }
        assertFalse(consensus.receive(message));
    }
}
