package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.peer.Forward;
import dev.rollcall.agent.peer.ForwardRefusal;
import dev.rollcall.agent.peer.FrameType;
import dev.rollcall.agent.peer.PeerCalls;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.Outcome;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.PutResponse;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A command is given to one leader at a time, and taken up again only when it certainly was not done. */
class ProposalsTest {
    private static final long SELF = 1;
    private static final long OTHER = 2;
    private static final long MAX_BYTES = 1_000;

    /** What was forwarded to whom, in order. */
    private final List<Forward> forwards = new ArrayList<>();

    private final List<ForwardRefusal> refusals = new ArrayList<>();
    private final List<Command> proposed = new ArrayList<>();
    private SoftState soft = new SoftState(3, OTHER, Role.FOLLOWER);
    private ProposeResult result = ProposeResult.ACCEPTED;
    private Verdict verdict = Verdict.TAKEN;
    private boolean reachable = true;
    private long backlog;

    private final RaftPort raft = new RaftPort() {
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
            if (soft.role() != Role.LEADER) {
                return ProposeResult.NOT_LEADER;
            }
            if (result == ProposeResult.ACCEPTED) {
                proposed.add(Command.decode(command));
            }
            return result;
        }

        @Override
        public Verdict proposeChange(Command command) {
            if (verdict.kind() == Verdict.Kind.TAKEN) {
                proposed.add(command);
            }
            return verdict;
        }

        @Override
        public void readIndex(long id) {
            throw new AssertionError("nobody reads here");
        }
    };

    private final PeerCalls calls = (to, type, payload) -> {
        if (reachable && type == FrameType.FORWARD) {
            forwards.add(Forward.decode(Buffer.buffer(payload)));
        } else if (reachable) {
            refusals.add(ForwardRefusal.decode(Buffer.buffer(payload)));
        }
        return reachable;
    };

    private final AnswerBudget answers = new AnswerBudget(1_000);
    private final Proposals proposals = new Proposals(SELF, 7_000, MAX_BYTES, raft, calls, new IdleInfo(), answers);

    private Future<Outcome> propose() {
        return proposals.propose(CommandKind.PUT, new byte[] {1}, 0);
    }

    private void becomes(long term, long leader) {
        soft = new SoftState(term, leader, leader == SELF ? Role.LEADER : Role.FOLLOWER);
        proposals.leadership(soft);
    }

    private Outcome apply(long requestId, long origin) {
        assertTrue(answers.take(100));
        Outcome outcome =
                new Outcome(9, soft.term(), requestId, origin, 5, PutResponse.getDefaultInstance(), null, 100);
        Replies replies = new Replies();
        proposals.completed(outcome, replies);
        replies.flush();
        return outcome;
    }

    private void tick(long afterSeconds) {
        proposals.beat(System.nanoTime() + TimeUnit.SECONDS.toNanos(afterSeconds));
        proposals.beforeFlush();
    }

    private static EtcdException failure(Future<Outcome> future) {
        return (EtcdException) future.cause();
    }

    @Test
    void aFollowerForwardsOnceAndAnswersWhenItHasAppliedIt() {
        Future<Outcome> put = propose();
        tick(1);
        assertEquals(1, forwards.size());
        assertEquals(3, forwards.get(0).term());
        assertFalse(put.isComplete());
        Outcome outcome = apply(forwards.get(0).command().requestId(), SELF);
        assertSame(outcome, put.result());
        assertEquals(0, proposals.pending());
    }

    @Test
    void aChangeOfMembershipWaitsForTheOneBeforeIt() {
        becomes(4, SELF);
        verdict = Verdict.LATER;
        Future<Outcome> add = proposals.propose(CommandKind.MEMBER_ADD, new byte[] {1}, 0);
        tick(1);
        assertTrue(proposed.isEmpty());
        assertFalse(add.isComplete());
        verdict = Verdict.TAKEN;
        tick(1);
        tick(1);
        assertEquals(1, proposed.size());
        assertSame(apply(proposed.get(0).requestId(), SELF), add.result());
    }

    @Test
    void theLeadersRefusalOfAChangeIsTheAnswerEverywhere() {
        becomes(4, SELF);
        verdict = Verdict.refused(EtcdError.UNHEALTHY.exception());
        Future<Outcome> here = proposals.propose(CommandKind.MEMBER_REMOVE, new byte[] {1}, 0);
        tick(0);
        assertEquals(EtcdError.UNHEALTHY.text(), failure(here).text());

        Command other =
                new Command(CommandKind.MEMBER_REMOVE, 77, OTHER, 0, 0, "", ByteString.copyFrom(new byte[] {1}));
        proposals.forwarded(OTHER, new Forward(4, other));
        assertEquals(List.of(ForwardRefusal.of(77, 4, EtcdError.UNHEALTHY.exception())), refusals);
        becomes(5, OTHER);
        Future<Outcome> there = proposals.propose(CommandKind.MEMBER_REMOVE, new byte[] {1}, 0);
        proposals.refused(ForwardRefusal.of(forwards.get(0).command().requestId(), 5, EtcdError.UNHEALTHY.exception()));
        tick(0);
        assertEquals(EtcdError.UNHEALTHY.text(), failure(there).text());
    }

    @Test
    void theMemoryOfAnAnswerIsGivenBackOnceItIsHandedOver() {
        long[] atHandOver = new long[1];
        propose().onSuccess(outcome -> atHandOver[0] = answers.takenBytes());
        apply(forwards.get(0).command().requestId(), SELF);
        assertEquals(100, atHandOver[0]);
        assertEquals(0, answers.takenBytes());
        apply(forwards.get(0).command().requestId(), SELF); // nobody waits any more
        apply(forwards.get(0).command().requestId(), OTHER);
        assertEquals(0, answers.takenBytes());
    }

    @Test
    void answersAreBoundedInBytes() {
        assertTrue(answers.take(1_000));
        assertFalse(answers.take(1));
        assertEquals(1_000, answers.takenBytes());
        answers.giveBack(1);
        assertTrue(answers.take(1));
    }

    @Test
    void anotherMembersOutcomeIsNotOurs() {
        Future<Outcome> put = propose();
        apply(forwards.get(0).command().requestId(), OTHER);
        assertFalse(put.isComplete());
    }

    @Test
    void withoutALeaderItWaitsForOne() {
        becomes(4, 0);
        propose();
        tick(1);
        assertTrue(forwards.isEmpty());
        becomes(5, OTHER);
        assertEquals(5, forwards.get(0).term());
    }

    @Test
    void whatCouldNotBeSentIsSentLater() {
        reachable = false;
        propose();
        reachable = true;
        tick(1);
        assertEquals(1, forwards.size());
    }

    @Test
    void aChangeOfLeaderAloneIsNoReasonToAskAgain() {
        propose();
        becomes(4, OTHER);
        tick(1);
        assertEquals(1, forwards.size());
    }

    @Test
    void anAppliedEntryOfALaterTermProvesItLost() {
        Future<Outcome> put = propose();
        becomes(4, SELF);
        proposals.termApplied(4);
        assertEquals(1, proposed.size());
        assertEquals(forwards.get(0).command().requestId(), proposed.get(0).requestId());
        assertEquals(4, proposed.get(0).term());
        proposals.termApplied(4);
        assertEquals(1, proposed.size());
        apply(proposed.get(0).requestId(), SELF);
        assertTrue(put.succeeded());
    }

    @Test
    void afterASnapshotNothingProvesItLost() {
        Future<Outcome> given = propose();
        proposals.restored();
        becomes(4, SELF);
        proposals.termApplied(4);
        assertEquals(List.of(), proposed, "the snapshot may hold it");
        tick(6);
        assertFalse(given.isComplete());
        tick(8);
        assertEquals(EtcdError.TIMEOUT_LEADER_FAIL.text(), failure(given).text());
    }

    @Test
    void whatIsAppliedBehindASnapshotIsAnsweredAllTheSame() {
        Future<Outcome> given = propose();
        proposals.restored();
        apply(forwards.get(0).command().requestId(), SELF);
        assertTrue(given.succeeded());
    }

    @Test
    void afterASnapshotALeadersRefusalIsStillCertain() {
        propose();
        long id = forwards.get(0).command().requestId();
        proposals.restored();
        proposals.refused(ForwardRefusal.of(id, 3, null));
        becomes(4, OTHER);
        assertEquals(2, forwards.size());
        becomes(5, OTHER);
        proposals.termApplied(5);
        assertEquals(3, forwards.size());
    }

    @Test
    void aRefusalSendsItToTheNextLeader() {
        propose();
        long id = forwards.get(0).command().requestId();
        becomes(4, OTHER);
        proposals.refused(ForwardRefusal.of(id, 3, null));
        tick(1);
        assertEquals(2, forwards.size());
        assertEquals(4, forwards.get(1).term());
    }

    @Test
    void aLateRefusalOfAnEarlierAttemptDoesNotRepeatTheNextOne() {
        propose();
        long id = forwards.get(0).command().requestId();
        becomes(4, OTHER);
        proposals.termApplied(4);
        assertEquals(2, forwards.size());
        proposals.refused(ForwardRefusal.of(id, 3, null));
        tick(1);
        assertEquals(2, forwards.size());
    }

    @Test
    void commandsAreBoundedInBytes() {
        Future<Outcome> first = proposals.propose(CommandKind.PUT, new byte[(int) MAX_BYTES], 0);
        assertEquals(MAX_BYTES, proposals.pendingBytes());
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), failure(propose()).text());
        assertEquals(1, forwards.size());
        apply(forwards.get(0).command().requestId(), SELF);
        assertTrue(first.succeeded());
        assertEquals(0, proposals.pendingBytes());
        propose();
        assertEquals(2, forwards.size());
    }

    @Test
    void commandsAreBoundedInNumber() {
        for (int i = 0; i < Proposals.MAX_WAITING; i++) {
            assertFalse(proposals.propose(CommandKind.PUT, new byte[0], 0).isComplete());
        }
        Future<Outcome> more = proposals.propose(CommandKind.PUT, new byte[0], 0);
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), failure(more).text());
        assertEquals(Proposals.MAX_WAITING, proposals.pending());
        apply(forwards.get(0).command().requestId(), SELF);
        assertFalse(proposals.propose(CommandKind.PUT, new byte[0], 0).isComplete());
    }

    @Test
    void aMemberThatLagsInApplyingTakesNoMore() {
        backlog = Proposals.MAX_APPLY_GAP;
        propose();
        assertEquals(1, forwards.size());
        backlog = Proposals.MAX_APPLY_GAP + 1;
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), failure(propose()).text());
        assertEquals(1, forwards.size());
    }

    @Test
    void anOverloadedLeaderIsACertainNo() {
        Future<Outcome> put = propose();
        proposals.refused(
                ForwardRefusal.of(forwards.get(0).command().requestId(), 3, EtcdError.TOO_MANY_REQUESTS.exception()));
        tick(1);
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), failure(put).text());
    }

    @Test
    void silenceIsAnUnknownOutcome() {
        Future<Outcome> put = propose();
        tick(8);
        assertEquals(EtcdError.TIMEOUT.text(), failure(put).text());
        Future<Outcome> other = propose();
        becomes(4, 0);
        tick(8);
        assertEquals(EtcdError.TIMEOUT_LEADER_FAIL.text(), failure(other).text());
        assertEquals(2, proposals.failures());
    }

    @Test
    void aLeaderTakesWhatWasMeantForItsTermOnly() {
        becomes(4, SELF);
        Command command = new Command(CommandKind.PUT, 77, OTHER, 0, 4, "", ByteString.EMPTY);
        proposals.forwarded(OTHER, new Forward(4, command));
        assertEquals(1, proposed.size());
        proposals.forwarded(OTHER, new Forward(3, command));
        assertEquals(1, proposed.size());
        assertEquals(List.of(ForwardRefusal.of(77, 3, null)), refusals);
        result = ProposeResult.OVERLOADED;
        proposals.forwarded(OTHER, new Forward(4, command));
        assertEquals(ForwardRefusal.of(77, 4, EtcdError.TOO_MANY_REQUESTS.exception()), refusals.get(1));
    }

    @Test
    void duringAHandOverItWaits() {
        becomes(4, SELF);
        result = ProposeResult.TRANSFERRING;
        propose();
        assertTrue(proposed.isEmpty());
        result = ProposeResult.ACCEPTED;
        tick(1);
        assertEquals(1, proposed.size());
    }

    @Test
    void onlyTheLeaderOfThatTermExpires() {
        assertFalse(proposals.proposeAsLeader(CommandKind.LEASE_EXPIRE, new byte[0], 3));
        becomes(4, SELF);
        assertFalse(proposals.proposeAsLeader(CommandKind.LEASE_EXPIRE, new byte[0], 3));
        assertTrue(proposals.proposeAsLeader(CommandKind.LEASE_EXPIRE, new byte[0], 4));
    }

    @Test
    void aStopAnswersEveryone() {
        Future<Outcome> sent = propose();
        reachable = false;
        Future<Outcome> unsent = propose();
        proposals.stop();
        assertEquals(EtcdError.TIMEOUT.text(), failure(sent).text());
        assertEquals(EtcdError.STOPPED.text(), failure(unsent).text());
        assertEquals(EtcdError.STOPPED.text(), failure(propose()).text());
    }

    /** A member that has nothing to apply. */
    private final class IdleInfo implements MemberInfo {
        @Override
        public long clusterId() {
            return 1;
        }

        @Override
        public long memberId() {
            return SELF;
        }

        @Override
        public SoftState soft() {
            return new SoftState(0, 0, Role.FOLLOWER);
        }

        @Override
        public long commitIndex() {
            return backlog;
        }

        @Override
        public long appliedIndex() {
            return 0;
        }

        @Override
        public long durableIndex() {
            return 0;
        }

        @Override
        public long dbSizeBytes() {
            return 1;
        }

        @Override
        public long dbSizeInUseBytes() {
            return 1;
        }

        @Override
        public long dbSizeQuotaBytes() {
            return 1;
        }

        @Override
        public long indexQuotaBytes() {
            return Long.MAX_VALUE;
        }

        @Override
        public boolean shortOfSpace() {
            return false;
        }
    }
}
