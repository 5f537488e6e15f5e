package dev.rollcall.agent.member;

import dev.rollcall.agent.peer.LeaseAnswers;
import dev.rollcall.agent.peer.LeaseQuestions;
import dev.rollcall.agent.peer.LeaseQuestions.Question;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.LeaseExpiry;
import dev.rollcall.storage.lease.Lessor;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a leader does about the time of leases, on the apply thread: counts it, answers for it, and has leases that ran out
 * removed through the log. It starts once the no-op of its term is applied, when no renewal of an earlier leader can be
 * missing here any more.
 */
final class LeaderLeases {
    /** Where a batch's answers go. */
    @FunctionalInterface
    interface Answer {
        void send(LeaseAnswers answers);
    }

    /** Hands an expiry to the raft thread, which calls {@link #expiryNotTaken} here if it cannot propose it in that term. */
    @FunctionalInterface
    interface Expirer {
        void propose(byte[] body, long term);
    }

    /** A batch that has a lease whose expiry is on its way: answered when that is decided. */
    private record Deferred(LeaseQuestions questions, Answer answer) {}

    private final Lessor lessor;
    private final Expirer expirer;
    private List<Deferred> deferred = new ArrayList<>();
    /** Term that this member leads, or will lead once its no-op is applied; 0 if none. */
    private long term;

    LeaderLeases(Lessor lessor, Expirer expirer) {
        this.lessor = lessor;
        this.expirer = expirer;
    }

    void leadership(SoftState now) {
        term = now.role() == Role.LEADER ? now.term() : 0;
        if (lessor.leading() && lessor.term() != term) {
            lessor.resign();
        }
    }

    /** An entry was applied, in this term. */
    void applied(long entryTerm) {
        if (entryTerm == term && !lessor.leading()) {
            lessor.becomeLeader(entryTerm);
        }
    }

    void tick() {
        List<LeaseExpiry.Item> due = lessor.tick();
        if (!due.isEmpty()) {
            expirer.propose(new LeaseExpiry(due).encode(), lessor.term());
        }
    }

    void expiryNotTaken() {
        lessor.expiryDone();
    }

    /** Answers as the leader of {@code askedTerm}, whose leadership was proven after the questions arrived. */
    void answer(long askedTerm, LeaseQuestions questions, Answer answer) {
        if (!lessor.leading() || lessor.term() != askedTerm) {
            answer.send(new LeaseAnswers(questions.batchId(), false, new long[0]));
        } else if (!answered(questions, answer)) {
            deferred.add(new Deferred(questions, answer));
        }
    }

    private boolean answered(LeaseQuestions questions, Answer answer) {
        long[] seconds = new long[questions.questions().size()];
        for (int i = 0; i < seconds.length; i++) {
            Question question = questions.questions().get(i);
            seconds[i] = question.renew() ? lessor.renew(question.leaseId()) : remaining(question.leaseId());
            if (question.renew() && seconds[i] == Lessor.EXPIRING) {
                return false;
            }
        }
        answer.send(new LeaseAnswers(questions.batchId(), true, seconds));
        return true;
    }

    private long remaining(long leaseId) {
        OptionalLong ticks = lessor.remainingTicks(leaseId);
        return ticks.isPresent() ? Math.floorDiv(ticks.getAsLong(), Lessor.TICKS_PER_SECOND) : LeaseClock.UNKNOWN;
    }

    /** A batch of entries was applied: an expiry may be decided. */
    void afterApply() {
        if (!deferred.isEmpty()) {
            List<Deferred> again = deferred;
            deferred = new ArrayList<>();
            again.forEach(batch -> answer(term, batch.questions(), batch.answer()));
        }
    }
}
