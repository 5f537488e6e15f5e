package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.ChangeResult;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Somebody who is never content: adds voters and learners, promotes, removes (leaders too), replaces several at once, moves
 * leadership. Careful only in that no change may leave a majority of machines whose disks are gone.
 */
final class Administrator {
    private static final int VOTERS_MAX = 7;

    private final Simulation simulation;
    private final SplittableRandom random;
    private final int meanMicros;
    private final TreeMap<Long, Long> outsideUntil = new TreeMap<>();
    private boolean over;

    Administrator(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
        this.meanMicros = 100_000 + random.nextInt(1_500_000);
    }

    void run() {
        if (over) {
            return;
        }
        act();
        clearAway();
        simulation.timeline().after(1 + random.nextInt(2 * meanMicros), this::run);
    }

    void stop() {
        over = true;
    }

    private void act() {
        Membership now = simulation.truth().membership();
        List<Long> members = new ArrayList<>(now.members());
        TreeSet<Long> voters = new TreeSet<>();
        TreeSet<Long> learners = new TreeSet<>();
        TreeSet<Long> promoted = new TreeSet<>();
        TreeSet<Long> removed = new TreeSet<>();
        for (long id : members) {
            if (simulation.machines().isLost(id) && random.nextInt(3) != 0) {
                removed.add(id); // its disk is gone: out with it
            }
        }
        switch (random.nextInt(7)) {
            case 0 -> join(learners, 1);
            case 1 -> join(voters, 1);
            case 2, 3 -> promoted.addAll(now.learners());
            case 4 -> removed.add(some(members));
            case 5 -> {
                join(voters, 1 + random.nextInt(2));
                removed.add(some(members));
                if (random.nextBoolean()) {
                    removed.add(some(members));
                }
            }
            default -> {
                SimNode node = simulation.anyNode(random, 0.9);
                long target = random.nextInt(3) == 0 ? 0 : some(members);
                simulation.coverage().count(Counter.TRANSFERS);
                node.input("transfer", target, d -> d.transferLeadership(target));
            }
        }
        promoted.removeAll(removed);
        if (!(voters.isEmpty() && learners.isEmpty() && promoted.isEmpty() && removed.isEmpty())) {
            propose(new MembershipChange(voters, learners, promoted, removed), random.nextInt(8) == 0);
        }
    }

    private long some(List<Long> members) {
        return members.get(random.nextInt(members.size()));
    }

    private void join(Set<Long> to, int count) {
        for (int i = 0; i < count; i++) {
            SimNode joined = simulation.machines().join();
            if (joined != null) {
                to.add(joined.id());
            }
        }
    }

    /** @param rejected whether the state machine will not execute the command that travels with the change */
    private void propose(MembershipChange change, boolean rejected) {
        SimNode node = simulation.anyNode(random, 0.95);
        byte[] context = {(byte) (rejected ? 1 : 0)};
        node.input("change", change, change.hashCode(), d -> {
            if (over || !isSound(d.status().membership(), change)) {
                return;
            }
            boolean leads = node.leads();
            RaftStatus before = d.status();
            ChangeResult result = d.proposeChange(change, context);
            simulation
                    .trace()
                    .record(
                            node.id(),
                            "change",
                            result,
                            result.accepted() ? 1 : result.why().hashCode());
            simulation.coverage().count(result.accepted() ? Counter.CHANGES_PROPOSED : Counter.CHANGES_REFUSED);
            if (result.accepted()) {
                checkPromoted(before, change);
            }
            if (result.accepted() && leads && change.removed().contains(node.id())) {
                simulation.coverage().count(Counter.LEADER_REMOVALS);
                node.slowApply(random.nextBoolean());
            }
        });
    }

    /** (12) Only a learner that holds nine tenths of the log, and is heard from, may be given a vote. */
    private static void checkPromoted(RaftStatus leader, MembershipChange change) {
        for (RaftStatus.Follower follower : leader.followers()) {
            Check.that(
                    !change.promoted().contains(follower.id())
                            || (follower.recentlyActive()
                                    && follower.match() >= leader.lastIndex() - leader.lastIndex() / 10),
                    "(12) leader %s of a log up to %s promotes %s",
                    leader.id(),
                    leader.lastIndex(),
                    follower);
        }
    }

    private boolean isSound(Membership now, MembershipChange change) {
        TreeSet<Long> voters = new TreeSet<>(now.voters());
        voters.addAll(change.voters());
        voters.addAll(change.promoted());
        voters.removeAll(change.removed());
        return !voters.isEmpty()
                && voters.size() <= VOTERS_MAX
                && simulation.machines().isSound(Membership.of(voters, List.of()));
    }

    /** Machines outside every membership run on for a while, and are then put to other use. */
    private void clearAway() {
        long now = simulation.timeline().now();
        for (SimNode node : List.copyOf(simulation.nodes())) {
            boolean outside = !simulation.machines().isWanted(node.id());
            if (!outside) {
                outsideUntil.remove(node.id());
                continue;
            }
            Long until = outsideUntil.get(node.id());
            if (until == null) {
                if (node.applied() > 0) {
                    simulation.coverage().count(Counter.ZOMBIES);
                }
                outsideUntil.put(node.id(), now + 300_000 + random.nextInt(4_000_000));
            } else if (now > until) {
                simulation.coverage().count(Counter.RETIRED);
                simulation.machines().remove(node);
            }
        }
    }
}
