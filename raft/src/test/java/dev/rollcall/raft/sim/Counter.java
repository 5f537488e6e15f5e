package dev.rollcall.raft.sim;

/** What a run can reach. One that stays at zero over many runs is a place that the simulator does not test. */
public enum Counter {
    CAMPAIGNS("campaigns"),
    ORDERED_CAMPAIGNS("campaigns ordered by a leader"),
    ELECTIONS("elections won"),
    PRE_VOTES_REFUSED("pre-votes refused in contact with a leader"),
    CONFLICTS("logs cut at a conflict"),
    DISK_LOADS("old entries read from disk"),
    LOG_TRUNCATIONS("logs truncated at the front"),
    SNAPSHOTS_MADE("snapshots made"),
    SNAPSHOTS_FAILED("snapshots that could not be made"),
    SNAPSHOTS_OFFERED("snapshot offers sent"),
    SNAPSHOT_CHUNKS("snapshot pieces sent"),
    SNAPSHOTS_RESUMED("snapshots resumed"),
    SNAPSHOTS_DAMAGED("snapshots found damaged on arrival"),
    SNAPSHOTS_DISCARDED("snapshots discarded"),
    SNAPSHOTS_INSTALLED("snapshots installed"),
    SNAPSHOT_SWITCHES_LOST("crashes between snapshot and switch"),
    CHANGES_PROPOSED("changes of membership proposed"),
    CHANGES_REFUSED("changes refused by the leader"),
    CHANGES_REJECTED("changes rejected by the state machine"),
    SIMPLE_CHANGES("simple changes committed"),
    JOINT_CHANGES("joint changes committed"),
    JOINT_ENDS("joint memberships ended"),
    PROMOTIONS("promotions committed"),
    REMOVALS("removals committed"),
    LEADER_REMOVALS("leaders removed by themselves"),
    TRANSFERS("transfers asked for"),
    TRANSFERS_DONE("transfers done at rest"),
    WRITES("writes acknowledged"),
    WRITES_REFUSED("writes refused"),
    OVERLOADS("writes refused for overload"),
    READS_LEADER("reads served by a leader"),
    READS_FOLLOWER("reads served by a follower"),
    READS_FAILED("reads failed"),
    CRASHES("crashes"),
    CRASHES_OF_ALL("crashes of all at once"),
    LOST_WRITES("crashes that lost unsynced writes"),
    APPEND_ERRORS("append errors"),
    BIT_ROTS("disks found damaged"),
    WIPES("disks wiped"),
    REFUSED_DIRECTORIES("messages refused for their directory or cluster"),
    PAUSES("pauses"),
    CLOCK_CHANGES("clocks that changed their speed"),
    ISOLATIONS("members isolated"),
    SPLITS("partitions"),
    PARTIAL_CUTS("partial and one-way cuts"),
    DEAFENED("leaders deafened while they hand over"),
    CLOGS("links clogged"),
    LOST_MESSAGES("messages lost"),
    REPEATED_MESSAGES("messages repeated"),
    STRAGGLERS("messages that straggled"),
    REPLAYS("messages replayed later"),
    MISDIRECTED("messages misdirected"),
    PICKED_OUT("messages of one kind lost or late"),
    SLOW_DISKS("slow disks"),
    STUCK_DISKS("stuck disks"),
    SLOW_MACHINES("slow state machines"),
    BAD_NEWS("wrong news of dead peers"),
    JOINERS("members started with an empty disk"),
    ZOMBIES("removed members that went on running"),
    RETIRED("removed members wiped"),
    RESTS_LEFT_OUT("members left out of the quorum at rest");

    private final String label;

    Counter(String label) {
        this.label = label;
    }

    @Override
    public String toString() {
        return label;
    }
}
