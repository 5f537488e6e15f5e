package dev.rollcall.raft.sim;

import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Directed links that lose, delay, reorder and repeat messages, and can be cut one way. */
final class SimNetwork {
    private record Link(long from, long to) implements Comparable<Link> {
        @Override
        public int compareTo(Link other) {
            int byFrom = Long.compare(from, other.from);
            return byFrom != 0 ? byFrom : Long.compare(to, other.to);
        }
    }

    private final Simulation simulation;
    private final SplittableRandom random;
    private final Set<Link> cut = new TreeSet<>();
    private double loss;
    private double repeat;
    private double straggling;
    private int delayMicros = 500;
    private long sent;

    SimNetwork(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
    }

    /** Messages sent so far. */
    long sent() {
        return sent;
    }

    /**
     * @param loss share of messages lost
     * @param repeat share of messages delivered twice
     * @param straggling share of messages that take up to 600 ms, several election timeouts
     * @param delay longest delay of the others in microseconds; delays are drawn for each message, so messages overtake each other
     */
    void quality(double loss, double repeat, double straggling, int delay) {
        this.straggling = straggling;
        this.loss = loss;
        this.repeat = repeat;
        this.delayMicros = delay;
    }

    void cut(long from, long to) {
        cut.add(new Link(from, to));
    }

    void healAll() {
        cut.clear();
    }

    void send(SimNode from, Message message) {
        simulation.invariants().sent(from, message);
        sent++;
        byte[] bytes = MessageCodec.encode(message);
        deliverLater(message, bytes);
        if (random.nextDouble() < repeat) {
            deliverLater(message, bytes);
        }
    }

    private void deliverLater(Message message, byte[] bytes) {
        if (random.nextDouble() < loss || cut.contains(new Link(message.from(), message.to()))) {
            return;
        }
        long delay = 50L + random.nextInt(random.nextDouble() < straggling ? 600_000 : delayMicros);
        simulation.timeline().after(delay, () -> {
            if (!cut.contains(new Link(message.from(), message.to()))) {
                simulation.node(message.to()).deliver(bytes);
            }
        });
    }
}
