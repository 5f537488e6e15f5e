package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadAndTransferTest {
    @Test
    void everyMemberAnswersReads() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        for (long id = 1; id <= 3; id++) {
            lab.member(id).read(7);
            lab.settle();
            assertEquals(2L, lab.member(id).readAnswer(7));
        }
    }

    @Test
    void handingOverToTheBestPicksOneThatIsThere() {
        Lab lab = Lab.ledByFirst(3);
        lab.run(2);
        lab.isolate(2L);
        lab.member(1).propose("a");
        lab.run(10);
        lab.member(1).driver().transferLeadership(0);
        lab.member(1).driver().flush();
        lab.settle();
        assertTrue(lab.member(3).leads());
    }

    @Test
    void learnerIsNoTarget() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L), List.of(3L)), c -> c);
        lab.elect(1);
        lab.member(1).driver().transferLeadership(3);
        assertEquals(0, lab.member(1).driver().status().transferTarget());
    }
}
