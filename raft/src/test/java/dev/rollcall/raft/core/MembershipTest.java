package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import org.junit.jupiter.api.Test;

/** What changes of membership forbid; what they do is shown by the scenarios of that name. */
class MembershipTest {
    @Test
    void nobodyCampaignsWithCommittedChangesUnapplied() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdApply();
        assertTrue(lab.member(1).change(MembershipChange.remove(3)).accepted());
        lab.run(2);
        lab.isolate(1L);
        lab.member(2).tick(100);
        assertEquals(1, lab.member(2).term());
        assertEquals(Role.FOLLOWER, lab.member(2).role());
    }
}
