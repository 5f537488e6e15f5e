package dev.rollcall.raft.core;

/**
 * Term, vote, role and leader, and the only code that changes them. Legal transitions:
 *
 * <pre>
 * any           -> FOLLOWER       of a higher term, or of the same term
 * FOLLOWER, PRE_CANDIDATE, CANDIDATE -> PRE_CANDIDATE   same term, no leader
 * FOLLOWER, PRE_CANDIDATE, CANDIDATE -> CANDIDATE       next term, own vote
 * CANDIDATE     -> LEADER         same term
 * </pre>
 */
final class RoleState {
    /** Term and vote as one value. A vote is cleared only where the term grows. */
    private record Ballot(long term, long vote) {
        Ballot inTerm(long later) {
            if (later <= term) {
                throw new RaftInvariantException("term " + term + " cannot be followed by " + later);
            }
            return new Ballot(later, 0);
        }

        Ballot cast(long candidate) {
            if (vote != 0 && vote != candidate) {
                throw new RaftInvariantException(
                        "vote of term " + term + " is " + vote + "'s, it cannot become " + candidate + "'s");
            }
            return new Ballot(term, candidate);
        }
    }

    private final long self;
    private final Persistence persistence;
    private Ballot ballot;
    private Role role = Role.FOLLOWER;
    private long leader;

    RoleState(long self, HardState recovered, Persistence persistence) {
        this.self = self;
        this.ballot = new Ballot(recovered.term(), recovered.vote());
        this.persistence = persistence;
    }

    long term() {
        return ballot.term;
    }

    long vote() {
        return ballot.vote;
    }

    Role role() {
        return role;
    }

    long leader() {
        return leader;
    }

    SoftState softState() {
        return new SoftState(ballot.term, leader, role);
    }

    HardState hardState(long commit) {
        return new HardState(ballot.term, ballot.vote, commit);
    }

    /** @param of leader of that term, 0 if unknown */
    void follow(long term, long of) {
        if (term != ballot.term) {
            become(ballot.inTerm(term));
        }
        if (of == self) {
            throw new RaftInvariantException("member " + self + " cannot follow itself");
        }
        role = Role.FOLLOWER;
        leader = of;
    }

    /** The leader of the present term has made itself known to a follower. */
    void learnLeader(long id) {
        require(role == Role.FOLLOWER, "learn of a leader");
        if (leader != 0 && leader != id) {
            throw new RaftInvariantException("members " + leader + " and " + id + " both lead term " + ballot.term);
        }
        leader = id;
    }

    void forgetLeader() {
        require(role == Role.FOLLOWER, "forget its leader");
        leader = 0;
    }

    void castVote(long candidate) {
        require(role == Role.FOLLOWER, "vote for " + candidate);
        if (ballot.vote != candidate) {
            become(ballot.cast(candidate));
        }
    }

    void askAround() {
        require(role != Role.LEADER, "ask for pre-votes");
        role = Role.PRE_CANDIDATE;
        leader = 0;
    }

    void campaign() {
        require(role != Role.LEADER, "campaign");
        become(ballot.inTerm(ballot.term + 1).cast(self));
        role = Role.CANDIDATE;
        leader = 0;
    }

    void lead() {
        require(role == Role.CANDIDATE && ballot.vote == self, "lead");
        role = Role.LEADER;
        leader = self;
    }

    private void become(Ballot next) {
        ballot = next;
        persistence.ballotChanged();
    }

    private void require(boolean legal, String what) {
        if (!legal) {
            throw new RaftInvariantException("a " + role + " of term " + ballot.term + " cannot " + what);
        }
    }
}
