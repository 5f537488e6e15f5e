package dev.rollcall.raft.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is measured is what it claims to be: every member applies every command. */
class MemoryClusterTest {
    private static final int ROUNDS = 20;
    private static final int OUTSTANDING = 1_000;

    @ParameterizedTest
    @EnumSource(Wire.class)
    void everyMemberAppliesEveryCommand(Wire wire) {
        MemoryCluster cluster = new MemoryCluster(3, wire);
        for (int i = 0; i < ROUNDS; i++) {
            cluster.commit(OUTSTANDING, new byte[256]);
        }
        cluster.settle();
        for (MemoryMember member : cluster.members()) {
            assertEquals(ROUNDS * OUTSTANDING, member.commandsApplied());
            assertEquals(ROUNDS * OUTSTANDING + 1, member.lastApplied(), "one more for the start of the term");
        }
    }
}
