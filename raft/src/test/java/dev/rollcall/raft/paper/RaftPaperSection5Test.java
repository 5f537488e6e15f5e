package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProgressState;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.scenario.Scenarios;
import dev.rollcall.raft.sim.DurableLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 5 of the Raft paper: the basic algorithm. */
class RaftPaperSection5Test {
    private static final long TERM = 5;

    /** A member of a cluster of three whose log consists of entries of these terms. */
    private static LabMember memberWithLog(Lab lab, long id, long term, long... terms) {
        DurableLog disk = new DurableLog();
        List<Entry> entries = new ArrayList<>();
        for (long of : terms) {
            entries.add(new Entry(entries.size() + 1L, of, EntryKind.NORMAL, new byte[] {(byte) of}));
        }
        disk.write(new LogWrite(1, new HardState(term, 0, 0), entries));
        lab.member(id).startFrom(disk);
        return lab.member(id);
    }

    private static List<Message> said(Lab lab) {
        lab.finishWork();
        return lab.intercept();
    }

    private static long leaders(Lab lab) {
        return lab.members().stream().filter(LabMember::leads).count();
    }

    @Nested
    class Section51Basics {
        @Test
        void serversBeginAsFollowers() {
            Lab.of(5).members().forEach(m -> assertEquals(Role.FOLLOWER, m.role()));
        }

        @Test
        void followersArePassiveUntilAnElectionTimeout() {
            Lab lab = Lab.of(3);
            lab.member(2).tick(9);
            assertEquals(List.of(), said(lab));
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3, 4, 5, 7})
        void aTermHasAtMostOneLeader(int voters) {
            Lab lab = Lab.of(voters);
            Map<Long, Long> leaders = new TreeMap<>();
            for (int i = 0; i < 300; i++) {
                lab.run(1);
                if (i % 50 == 49) {
                    lab.isolate(1L + i / 50 % voters);
                }
                for (LabMember member : lab.members()) {
                    if (member.leads()) {
                        assertEquals(
                                member.id(),
                                leaders.computeIfAbsent(member.term(), t -> member.id()),
                                () -> "term " + member.term());
                    }
                }
            }
            assertFalse(leaders.isEmpty());
        }

        static Stream<Message> messagesOfTerm9() {
            return Stream.of(
                    new Message.VoteRequest(2, 1, 9, 0, 0, true),
                    new Message.VoteResponse(2, 1, 9, false),
                    new Message.PreVoteResponse(2, 1, 9, 1, false, 0, 0),
                    new Message.AppendRequest(2, 1, 9, 0, 0, 0, List.of()),
                    new Message.AppendResponse(2, 1, 9, false, 1, 0, 0),
                    new Message.HeartbeatRequest(2, 1, 9, 0, 0),
                    new Message.HeartbeatResponse(2, 1, 9, 0),
                    new Message.ReadIndexRequest(2, 1, 9, 1),
                    new Message.ReadIndexResponse(2, 1, 9, 1, 0),
                    new Message.SnapshotAnswer(2, 1, 9, 1, 1, 0, false));
        }

        @ParameterizedTest
        @MethodSource("messagesOfTerm9")
        void leaderThatSeesALargerTermBecomesAFollower(Message message) {
            Lab lab = Lab.ledByFirst(3);
            lab.member(1).receive(message);
            assertEquals(Role.FOLLOWER, lab.member(1).role());
            assertEquals(9, lab.member(1).term());
        }

        @ParameterizedTest
        @MethodSource("messagesOfTerm9")
        void candidateThatSeesALargerTermBecomesAFollower(Message message) {
            Lab lab = Lab.of(3);
            lab.member(1).receive(new Message.TimeoutNow(2, 1, 0));
            assertEquals(Role.CANDIDATE, lab.member(1).role());
            lab.member(1).receive(message);
            assertEquals(Role.FOLLOWER, lab.member(1).role());
            assertEquals(9, lab.member(1).term());
        }

        @Test
        void requestsWithAStaleTermAreRejectedAndAnsweredWithTheTerm() {
            Lab lab = Lab.of(3);
            LabMember two = memberWithLog(lab, 2, TERM, 1);
            two.receive(new Message.AppendRequest(1, 2, TERM - 1, 1, 1, 1, List.of()));
            two.receive(new Message.VoteRequest(3, 2, TERM - 1, 9, 4, false));
            assertEquals(
                    List.of(new Message.HeartbeatResponse(2, 1, TERM, 0), new Message.VoteResponse(2, 3, TERM, false)),
                    said(lab));
            assertEquals(0, two.driver().status().commit());
            assertEquals(0, two.vote());
        }

        @Test
        void candidatesAskAgainThoseWhoDidNotAnswer() {
            Lab lab = Lab.of(3);
            lab.member(1).receive(new Message.TimeoutNow(2, 1, 0));
            assertEquals(2, said(lab).size());
            lab.member(1).tick(1);
            assertEquals(2, said(lab).size());
        }

        @Test
        void requestsAreIdempotent() {
            Lab lab = Lab.of(3);
            LabMember two = lab.member(2);
            Entry entry = new Entry(1, 1, EntryKind.NORMAL, new byte[] {7});
            Message append = new Message.AppendRequest(1, 2, 1, 0, 0, 0, List.of(entry));
            two.receive(append);
            List<Message> first = said(lab);
            RaftStatus status = two.driver().status();
            two.receive(append);
            assertEquals(first, said(lab));
            assertEquals(status, two.driver().status());
        }
    }

    @Nested
    class Section52LeaderElection {
        @Test
        void heartbeatsKeepFollowersFromCampaigning() {
            Lab lab = Lab.ledByFirst(5);
            lab.run(300);
            assertTrue(lab.member(1).leads());
            assertEquals(1, lab.member(1).term());
        }

        @Test
        void followerThatHearsNothingBeginsAnElection() {
            Lab lab = Lab.of(3);
            lab.member(2).tick(20);
            lab.settle();
            assertTrue(lab.member(2).leads());
        }

        @Test
        void candidateIncrementsItsTermVotesForItselfAndAsksAllOthers() {
            Lab lab = Lab.of(3);
            LabMember one = memberWithLog(lab, 1, TERM, 1, 3);
            one.receive(new Message.TimeoutNow(2, 1, TERM));
            assertEquals(TERM + 1, one.term());
            assertEquals(1, one.vote());
            assertEquals(
                    List.of(
                            new Message.VoteRequest(1, 2, TERM + 1, 2, 3, true),
                            new Message.VoteRequest(1, 3, TERM + 1, 2, 3, true)),
                    said(lab));
        }

        @ParameterizedTest
        @CsvSource({
            "3, 0, 0, CANDIDATE",
            "3, 1, 0, LEADER",
            "3, 0, 1, CANDIDATE",
            "3, 0, 2, FOLLOWER",
            "5, 1, 0, CANDIDATE",
            "5, 2, 0, LEADER",
            "5, 1, 2, CANDIDATE",
            "5, 1, 3, FOLLOWER",
            "5, 2, 2, LEADER",
            "4, 1, 1, CANDIDATE",
            "4, 2, 0, LEADER",
            "4, 1, 2, FOLLOWER",
            "7, 3, 3, LEADER",
            "7, 2, 4, FOLLOWER"
        })
        void candidateWinsWithAMajorityOfTheWholeCluster(int voters, int yes, int no, Role then) {
            Lab lab = Lab.of(voters);
            LabMember one = lab.member(1);
            one.receive(new Message.TimeoutNow(2, 1, 0));
            lab.finishWork();
            for (long from = 2; from < 2 + yes + no; from++) {
                one.receive(new Message.VoteResponse(from, 1, 1, from < 2 + yes));
            }
            assertEquals(then, one.role());
        }

        @Test
        void singleServerWinsByItself() {
            Scenarios.play("single_node");
        }

        @Test
        void eachServerVotesForAtMostOneCandidateFirstComeFirstServed() {
            Lab lab = Lab.of(3);
            lab.member(2).receive(new Message.VoteRequest(3, 2, 1, 0, 0, false));
            lab.member(2).receive(new Message.VoteRequest(1, 2, 1, 9, 1, false));
            assertEquals(
                    List.of(new Message.VoteResponse(2, 1, 1, false), new Message.VoteResponse(2, 3, 1, true)),
                    said(lab).stream()
                            .sorted((a, b) -> Long.compare(a.to(), b.to()))
                            .toList());
        }

        @Test
        void voteSurvivesARestart() {
            Scenarios.play("vote_restart_same_term");
        }

        @Test
        void winnerTellsAllOthersAtOnce() {
            Scenarios.play("three_nodes");
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2})
        void candidateRecognizesALeaderWhoseTermIsAtLeastItsOwn(long term) {
            Lab lab = Lab.of(3);
            lab.member(1).receive(new Message.TimeoutNow(2, 1, 0));
            lab.member(1).receive(new Message.AppendRequest(3, 1, term, 0, 0, 0, List.of()));
            assertEquals(Role.FOLLOWER, lab.member(1).role());
            assertEquals(3, lab.member(1).leader());
        }

        @Test
        void candidateRejectsALeaderWithASmallerTermAndRemainsCandidate() {
            Lab lab = Lab.of(3);
            LabMember one = memberWithLog(lab, 1, TERM, 1);
            one.receive(new Message.TimeoutNow(2, 1, TERM));
            one.receive(new Message.AppendRequest(3, 1, TERM, 1, 1, 1, List.of()));
            assertEquals(Role.CANDIDATE, one.role());
            assertTrue(said(lab).contains(new Message.HeartbeatResponse(1, 3, TERM + 1, 0)));
        }

        @Test
        void splitVoteEndsWithANewTerm() {
            Scenarios.play("split_vote");
        }

        @Test
        void electionTimeoutsAreDrawnAnewFromTheWholeInterval() {
            TreeSet<Integer> drawn = new TreeSet<>();
            Lab lab = Lab.of(3);
            LabMember one = lab.member(1);
            for (int i = 0; i < 300; i++) {
                one.receive(new Message.HeartbeatRequest(2, 1, 1, 0, 0));
                lab.finishWork();
                int ticks = 0;
                while (one.role() == Role.FOLLOWER && ticks <= 20) {
                    one.tick(1);
                    ticks++;
                }
                drawn.add(ticks);
            }
            assertEquals(10, drawn.first());
            assertEquals(20, drawn.last());
            assertEquals(11, drawn.size());
        }

        @Test
        void fewElectionsAreSplitBecauseTimeoutsDiffer() {
            Lab lab = Lab.of(5);
            lab.run(40);
            assertEquals(1, leaders(lab));
            assertTrue(lab.member(1).term() <= 2, () -> "term " + lab.member(1).term());
        }
    }

    @Nested
    class Section53LogReplication {
        @Test
        void leaderAppendsAndSendsToAllInParallel() {
            Lab lab = Lab.ledByFirst(5);
            lab.member(1).propose("a");
            List<Message> sent = said(lab);
            assertEquals(
                    List.of(2L, 3L, 4L, 5L),
                    sent.stream().map(Message::to).sorted().toList());
            sent.forEach(
                    m -> assertEquals(1, ((Message.AppendRequest) m).entries().size()));
        }

        @ParameterizedTest
        @CsvSource({"1, 0, true", "3, 0, false", "3, 1, true", "4, 1, false", "4, 2, true", "5, 1, false", "5, 2, true"
        })
        void entryIsCommittedOnceAMajorityHoldsIt(int voters, int answers, boolean committed) {
            Lab lab = Lab.ledByFirst(voters);
            lab.member(1).propose("a");
            lab.finishWork();
            for (long from = 2; from < 2 + answers; from++) {
                lab.member(1).receive(new Message.AppendResponse(from, 1, 1, false, 2, 0, 0));
            }
            lab.finishWork();
            assertEquals(committed ? List.of("a") : List.of(), lab.member(1).appliedCommands());
        }

        @Test
        void commitsEverythingBeforeItToo() {
            // Entries of earlier leaders are committed along with the first one of this leader.
            Lab lab = Lab.of(3);
            for (long id = 1; id <= 3; id++) {
                memberWithLog(lab, id, TERM, 1, 2, 4);
            }
            lab.elect(1);
            lab.members().forEach(m -> assertEquals(4, m.appliedEntries().size()));
        }

        @Test
        void leaderTellsHowFarItHasCommitted() {
            Lab lab = Lab.ledByFirst(3);
            lab.member(1).propose("a");
            lab.settle();
            lab.member(1).propose("b");
            for (Message message : said(lab)) {
                assertEquals(2, ((Message.AppendRequest) message).commit());
            }
        }

        @Test
        void followersApplyInTheOrderOfTheLog() {
            Lab lab = Lab.ledByFirst(3);
            lab.member(1).propose("a", "b", "c");
            lab.settle();
            lab.members().forEach(m -> assertEquals(List.of("a", "b", "c"), m.appliedCommands()));
        }

        @Test
        void appendsAreRepeatedUntilAllFollowersHaveEverything() {
            Lab lab = Lab.ledByFirst(3);
            lab.isolate(3L);
            lab.member(1).propose("a");
            lab.run(50);
            assertEquals(List.of("a"), lab.member(1).appliedCommands(), "the client need not wait for it");
            lab.heal();
            lab.run(3);
            assertEquals(List.of("a"), lab.member(3).appliedCommands());
        }

        /** Index and term before, and whether a log of terms 1, 2, 2 accepts what follows. */
        @ParameterizedTest
        @CsvSource({"0, 0, true", "1, 1, true", "3, 2, true", "1, 2, false", "3, 1, false", "4, 2, false"})
        void followerRefusesEntriesWhosePredecessorItLacks(long prevIndex, long prevTerm, boolean accepted) {
            Lab lab = Lab.of(3);
            LabMember two = memberWithLog(lab, 2, TERM, 1, 2, 2);
            two.receive(new Message.AppendRequest(1, 2, TERM, prevIndex, prevTerm, 0, List.of()));
            Message.AppendResponse answer = (Message.AppendResponse) said(lab).get(0);
            assertEquals(accepted, !answer.rejected());
            assertEquals(prevIndex, answer.index());
        }

        /** A log of terms 1, 2, 2 is given entries of these terms behind an index, and then has these terms. */
        @ParameterizedTest
        @CsvSource({
            "3, '3', '1 2 2 3'",
            "1, '3', '1 3'",
            "1, '3 4', '1 3 4'",
            "0, '1', '1 2 2'",
            "1, '2', '1 2 2'",
            "0, '3', '3'",
            "2, '2 4', '1 2 2 4'",
            "1, '2 2', '1 2 2'"
        })
        void followerDeletesWhatConflictsAndNothingElse(long prevIndex, String given, String then) {
            Lab lab = Lab.of(3);
            LabMember two = memberWithLog(lab, 2, TERM, 1, 2, 2);
            List<Entry> entries = new ArrayList<>();
            for (String term : given.split(" ", -1)) {
                long index = prevIndex + 1 + entries.size();
                entries.add(new Entry(index, Long.parseLong(term), EntryKind.NORMAL, new byte[0]));
            }
            long prevTerm = prevIndex == 0 ? 0 : prevIndex == 1 ? 1 : 2;
            two.receive(new Message.AppendRequest(1, 2, TERM, prevIndex, prevTerm, 0, entries));
            lab.finishWork();
            assertEquals(
                    then,
                    String.join(
                            " ",
                            LongStream.rangeClosed(1, two.disk().lastIndex())
                                    .mapToObj(i ->
                                            String.valueOf(two.disk().entry(i).term()))
                                    .toList()));
        }

        @Test
        void newLeaderBeginsBehindItsLastEntry() {
            Lab lab = Lab.of(3);
            for (long id = 1; id <= 3; id++) {
                memberWithLog(lab, id, TERM, 1, 2, 2);
            }
            lab.lose(m -> m instanceof Message.AppendRequest);
            lab.elect(1);
            for (RaftStatus.Follower follower : lab.member(1).driver().status().followers()) {
                assertEquals(ProgressState.PROBE, follower.state());
                assertEquals(4, follower.next());
            }
        }

        @Test
        void leaderBringsEveryLogOfFigure7ToItsOwn() {
            Scenarios.play("figure_7");
        }

        @Test
        void conflictsAreFoundInAStepForEachTerm() {
            Scenarios.play("conflict_backoff_long");
        }

        @Test
        void leaderNeverOverwritesItsOwnLog() {
            Lab lab = Lab.ledByFirst(3);
            lab.member(1).propose("a");
            Entry other = new Entry(2, 1, EntryKind.NORMAL, new byte[0]);
            Message append = new Message.AppendRequest(2, 1, 1, 1, 1, 2, List.of(other));
            assertThrows(RuntimeException.class, () -> lab.member(1).receive(append), "two leaders in one term");
        }

        @Test
        void slowFollowerDoesNotSlowACommit() {
            Lab lab = Lab.ledByFirst(5);
            lab.member(4).holdDisk();
            lab.isolate(5L);
            lab.member(1).propose("a");
            lab.settle();
            assertEquals(List.of("a"), lab.member(1).appliedCommands());
        }
    }

    @Nested
    class Section54Safety {
        /** The log of the candidate, by last index and term, beside one that ends with index 3 of term 2. */
        @ParameterizedTest
        @CsvSource({"3, 2, true", "4, 2, true", "2, 2, false", "1, 3, true", "9, 1, false", "3, 1, false", "0, 0, false"
        })
        void voteGoesOnlyToALogThatIsAtLeastAsUpToDate(long lastIndex, long lastTerm, boolean granted) {
            Lab lab = Lab.of(3);
            memberWithLog(lab, 2, TERM, 1, 2, 2)
                    .receive(new Message.VoteRequest(1, 2, TERM, lastIndex, lastTerm, false));
            assertEquals(List.of(new Message.VoteResponse(2, 1, TERM, granted)), said(lab));
        }

        @Test
        void upToDateIsJudgedAsInFigure7() {
            Scenarios.play("vote_up_to_date");
        }

        @Test
        void entriesOfEarlierTermsAreNotCommittedByCounting() {
            Scenarios.play("figure_8");
        }

        @Test
        void everyLaterLeaderHasEveryCommittedEntry() {
            Lab lab = Lab.ledByFirst(5);
            List<String> acknowledged = new ArrayList<>();
            long leader = 1;
            for (int round = 0; round < 20; round++) {
                String command = "c" + round;
                lab.member(leader).propose(command);
                lab.settle();
                if (lab.member(leader).appliedCommands().contains(command)) {
                    acknowledged.add(command);
                }
                lab.isolate(leader, 1L + (leader + round) % 5);
                lab.run(60);
                leader = lab.members().stream()
                        .filter(LabMember::leads)
                        .mapToLong(LabMember::id)
                        .findFirst()
                        .orElseThrow();
                assertEquals(acknowledged, lab.member(leader).appliedCommands());
                lab.heal();
                lab.run(20);
            }
            assertEquals(20, acknowledged.size());
        }

        @Test
        void noServerAppliesAnotherEntryAtTheSameIndex() {
            Lab lab = Lab.ledByFirst(3);
            lab.isolate(1L);
            lab.member(1).propose("lost");
            lab.run(60);
            long leader = lab.member(2).leads() ? 2 : 3;
            lab.member(leader).propose("kept");
            lab.heal();
            lab.run(40);
            lab.members().forEach(m -> assertEquals(List.of("kept"), m.appliedCommands()));
        }
    }

    @Nested
    class Section55FollowerAndCandidateCrashes {
        @Test
        void requestsAreRepeatedUntilACrashedServerIsBack() {
            Scenarios.play("follower_disk_error");
        }

        @Test
        void crashBeforeTheEntryIsDurable() {
            Scenarios.play("crash_before_persist");
        }

        @Test
        void crashAfterItIsDurableAndBeforeTheAnswer() {
            Scenarios.play("crash_after_persist_before_send");
        }

        @Test
        void crashAfterTheAnswer() {
            Scenarios.play("crash_after_send");
        }

        @Test
        void allServersCrashAtOnce() {
            Scenarios.play("all_crash_at_once");
        }
    }

    @Nested
    class Section56Timing {
        @Test
        void heartbeatsMustBeMoreFrequentThanElections() {
            assertThrows(
                    IllegalArgumentException.class, () -> RaftConfig.defaults(1).withTicks(10, 10, 20));
        }

        @Test
        void safetyDoesNotDependOnTiming() {
            // Time stands still for all but one, then runs for all at once: nobody is elected twice in a term.
            Lab lab = Lab.ledByFirst(3);
            lab.member(2).tick(500);
            lab.settle();
            assertTrue(lab.member(1).leads());
            lab.members().forEach(m -> m.tick(100));
            lab.settle();
            lab.run(60);
            assertEquals(1, leaders(lab));
        }
    }
}
