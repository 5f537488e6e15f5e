package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks at random in which each direction of each link works or does not, except that some quorum can talk among itself.
 * In each of them one leader must come to stay, with its term, and serve a quorum; and so must one after the links are
 * healed. (Where those who could win have the shorter logs nobody can lead, whatever they do: that is Raft's, and the reason
 * why the quorum here is one in which all reach each other.)
 */
class PartialConnectivityTest {
    private static final int NETWORKS = 150;
    /** Twenty of the longest election timeouts. */
    private static final int SETTLE_TICKS = 400;

    private static final int CALM_TICKS = 100;

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 7})
    void aQuorumThatCanTalkIsEnough(int voters) {
        for (int seed = 0; seed < NETWORKS; seed++) {
            Random random = new Random(seed);
            Lab lab = Lab.ledByFirst(voters);
            lab.run(random.nextInt(30));
            lab.member(1).propose("in flight when the links break");
            if (random.nextBoolean()) {
                lab.deliver();
            }
            boolean[][] works = network(voters, random);
            lab.lose(m -> !works[(int) m.from() - 1][(int) m.to() - 1]);
            String what = voters + " voters, seed " + seed;
            assertCalm(lab, voters, what);
            lab.heal();
            assertCalm(lab, voters, what + ", healed");
        }
    }

    private static boolean[][] network(int voters, Random random) {
        List<Integer> members = new ArrayList<>();
        for (int i = 0; i < voters; i++) {
            members.add(i);
        }
        Collections.shuffle(members, random);
        Set<Integer> quorum = new TreeSet<>(members.subList(0, voters / 2 + 1));
        boolean[][] works = new boolean[voters][voters];
        for (int from = 0; from < voters; from++) {
            for (int to = 0; to < voters; to++) {
                works[from][to] = random.nextBoolean() || (quorum.contains(from) && quorum.contains(to));
            }
        }
        return works;
    }

    private static void assertCalm(Lab lab, int voters, String what) {
        lab.run(SETTLE_TICKS);
        LabMember leader = leader(lab, voters).orElseThrow(() -> new AssertionError(what + ": nobody leads"));
        List<Long> terms = terms(lab, voters);
        int before = leader.appliedCommands().size();
        assertEquals(ProposeResult.ACCEPTED, leader.propose("x"), what);
        lab.run(CALM_TICKS);
        assertEquals(terms, terms(lab, voters), what);
        assertTrue(leader.leads(), what);
        assertEquals(before + 1, leader.appliedCommands().size(), what);
    }

    private static Optional<LabMember> leader(Lab lab, int voters) {
        LabMember leader = null;
        for (long id = 1; id <= voters; id++) {
            LabMember member = lab.member(id);
            if (member.leads() && (leader == null || member.term() > leader.term())) {
                leader = member;
            }
        }
        return Optional.ofNullable(leader);
    }

    private static List<Long> terms(Lab lab, int voters) {
        List<Long> terms = new ArrayList<>();
        for (long id = 1; id <= voters; id++) {
            terms.add(lab.member(id).term());
        }
        return terms;
    }
}
