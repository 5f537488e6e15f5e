package dev.rollcall.agent.process;

import dev.rollcall.agent.process.ProxiedCluster.View;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Observes a cluster until it has come to rest: for several election timeouts on end one member leads, no member's term
 * grows, and writes are acknowledged at the leader and at every member in touch with it. A cluster whose members campaign
 * again and again never gets there.
 */
final class Calm {
    /** A good two of the longest election timeouts: within this, whoever would campaign has. */
    private static final long WINDOW_MS = 5 * ProxiedCluster.ELECTION_MS;

    private static final long BRIEF_WINDOW_MS = 3 * ProxiedCluster.ELECTION_MS;
    private static final long SAMPLE_MS = 100;
    private static final long WRITES_MIN = 5;
    private static final int TRAIL_MAX = 30;

    private final ProxiedCluster cluster;
    private final Writers writers;
    private final long windowMs;
    private @Nullable Window window;
    private long lastSample = System.nanoTime();
    private final Deque<String> trail = new ArrayDeque<>();
    private String lastSeen = "";
    private int restarts;

    private record Window(long began, Map<Integer, Long> terms, int leader, Set<Integer> served, long[] writes) {}

    /**
     * What it came to rest with.
     *
     * @param served the leader and whoever is in touch with it
     */
    record Rest(int leader, long term, Set<Integer> served) {}

    private Calm(ProxiedCluster cluster, Writers writers, long windowMs) {
        this.cluster = cluster;
        this.writers = writers;
        this.windowMs = windowMs;
    }

    /** Observes until it has rested for several election timeouts.
     *
     * @param what the situation, for the report
     */
    static Rest await(String what, ProxiedCluster cluster, Writers writers) {
        return new Calm(cluster, writers, WINDOW_MS).await(what);
    }

    /** Observes until it has rested for more than the longest election timeout. */
    static Rest awaitBriefly(String what, ProxiedCluster cluster, Writers writers) {
        return new Calm(cluster, writers, BRIEF_WINDOW_MS).await(what);
    }

    /** Observes only until there is a leader and everyone in touch with it is served. */
    static Rest awaitService(String what, ProxiedCluster cluster, Writers writers) {
        return new Calm(cluster, writers, 0).await(what);
    }

    private Rest await(String what) {
        long began = System.nanoTime();
        try {
            Eventually.holds("a stable leader, terms that stand still, and writes: " + what, this::observe);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; what was seen last:\n" + String.join("\n", trail), e);
        }
        Window rest = window;
        if (rest == null) {
            throw new IllegalStateException("at rest without a window");
        }
        long term = rest.terms().getOrDefault(rest.leader(), 0L);
        System.out.printf(
                "%s: n%d leads term %d, serves %s; at rest after %d ms, %d changes seen%n",
                what,
                rest.leader(),
                term,
                rest.served(),
                TimeUnit.NANOSECONDS.toMillis(rest.began() - began),
                restarts);
        return new Rest(rest.leader(), term, rest.served());
    }

    private boolean observe() throws Exception {
        long now = System.nanoTime();
        if (now - lastSample < TimeUnit.MILLISECONDS.toNanos(SAMPLE_MS)) {
            return false;
        }
        lastSample = now;
        Window seen = look(now);
        Window since = window;
        if (seen == null || since == null || !seen.terms().equals(since.terms()) || seen.leader() != since.leader()) {
            restarts += since == null ? 0 : 1;
            window = seen;
            return false;
        }
        boolean wrote = seen.served().stream().allMatch(i -> seen.writes()[i] - since.writes()[i] >= WRITES_MIN);
        return wrote && now - since.began() >= TimeUnit.MILLISECONDS.toNanos(windowMs);
    }

    /** Keeps the last changes, for the message of a test that fails. */
    private void note(Map<Integer, View> views) {
        String seen = views.toString();
        if (!seen.equals(lastSeen)) {
            lastSeen = seen;
            trail.add(seen);
            if (trail.size() > TRAIL_MAX) {
                trail.remove();
            }
        }
    }

    /** Null if nobody leads, or someone in touch with the leader does not know it. */
    private @Nullable Window look(long now) throws Exception {
        Map<Integer, View> views = cluster.views();
        note(views);
        Map<Integer, Long> terms = new TreeMap<>();
        int leader = -1;
        for (Map.Entry<Integer, View> view : views.entrySet()) {
            long term = view.getValue().term();
            terms.put(view.getKey(), term);
            // A leader that was cut off may still believe in itself for an election timeout; the later term counts.
            if (view.getValue().leader() == view.getKey() && term > terms.getOrDefault(leader, 0L)) {
                leader = view.getKey();
            }
        }
        if (leader < 0) {
            return null;
        }
        Set<Integer> served = new TreeSet<>();
        for (int i : views.keySet()) {
            if (cluster.inTouch(i, leader)) {
                served.add(i);
            }
        }
        View believed = views.get(leader);
        if (!served.stream().allMatch(i -> Objects.equals(views.get(i), believed))) {
            return null;
        }
        long[] writes = new long[cluster.size()];
        for (int i = 0; i < writes.length; i++) {
            writes[i] = writers.acknowledgedBy(i);
        }
        return new Window(now, terms, leader, served, writes);
    }
}
