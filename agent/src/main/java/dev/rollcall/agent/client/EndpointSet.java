package dev.rollcall.agent.client;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which of several endpoints is used. It stays with one as long as that one serves, so that a client's calls see what its
 * earlier ones did on the same member; when it has to leave, it goes on around the list, past those that failed lately. May be
 * used from any thread.
 */
final class EndpointSet {
    private static final long FIRST_BACKOFF_MS = 100;
    private static final long MAX_BACKOFF_MS = 5_000;

    /** One endpoint and what is known about it. */
    private static final class Node {
        final EtcdClient client;
        final Backoff backoff;
        boolean down;
        long retryNanos;
        String reason = "";

        Node(EtcdClient client, Backoff backoff) {
            this.client = client;
            this.backoff = backoff;
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private final LongSupplier nanoTime;
    private int current;

    /** @param clients in the order in which they are to be tried */
    EndpointSet(List<EtcdClient> clients, RandomGenerator random, LongSupplier nanoTime) {
        if (clients.isEmpty()) {
            throw new IllegalArgumentException("no endpoint given");
        }
        for (EtcdClient client : clients) {
            nodes.add(new Node(client, new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS, random)));
        }
        this.nanoTime = nanoTime;
    }

    /** The calls of one caller: each endpoint is offered to it at most once. */
    final class Round {
        private final Set<EtcdClient> tried = new HashSet<>();

        /** The endpoint to try next; null if none is left, or all that are left have failed a moment ago. */
        @Nullable
        EtcdClient next() {
            EtcdClient client = pick(tried);
            if (client != null) {
                tried.add(client);
            }
            return client;
        }

        /** How long until an endpoint will be offered, in milliseconds; 0 if one is now, or was already. */
        long waitMs() {
            return tried.isEmpty() ? soonestMs() : 0;
        }
    }

    private synchronized long soonestMs() {
        long now = nanoTime.getAsLong();
        long soonest = Long.MAX_VALUE;
        for (Node node : nodes) {
            soonest = Math.min(soonest, node.down ? Math.max(0, node.retryNanos - now) : 0);
        }
        return TimeUnit.NANOSECONDS.toMillis(soonest + TimeUnit.MILLISECONDS.toNanos(1) - 1);
    }

    private synchronized @Nullable EtcdClient pick(Set<EtcdClient> tried) {
        long now = nanoTime.getAsLong();
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get((current + i) % nodes.size());
            if (!tried.contains(node.client) && (!node.down || now - node.retryNanos >= 0)) {
                return node.client;
            }
        }
        return null;
    }

    /** The endpoint that a call would try first if all were well. */
    synchronized EtcdClient current() {
        return nodes.get(current).client;
    }

    /** The endpoint answered: it is the one to stay with, unless another one is serving already. */
    synchronized void worked(EtcdClient client) {
        int index = indexOf(client);
        Node node = nodes.get(index);
        node.down = false;
        node.backoff.reset();
        if (nodes.get(current).down) {
            current = index;
        }
    }

    /** The endpoint answered that it cannot serve: others are tried first from now on. */
    synchronized void leave(EtcdClient client) {
        if (nodes.get(current).client == client) {
            current = (current + 1) % nodes.size();
        }
    }

    /** The endpoint could not be reached: it is left alone for a while. */
    synchronized void failed(EtcdClient client, String reason) {
        int index = indexOf(client);
        Node node = nodes.get(index);
        node.reason = reason;
        node.down = true;
        node.retryNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(node.backoff.nextMs());
        if (index == current) {
            for (int i = 1; i < nodes.size(); i++) {
                int other = (current + i) % nodes.size();
                if (!nodes.get(other).down) {
                    current = other;
                    return;
                }
            }
        }
    }

    /** All endpoints, each with what was wrong with it. */
    synchronized String report() {
        StringBuilder text = new StringBuilder();
        for (Node node : nodes) {
            text.append(text.length() == 0 ? "" : "; ").append(node.client.endpoint());
            if (node.down) {
                text.append(": ").append(node.reason);
            }
        }
        return text.toString();
    }

    private int indexOf(EtcdClient client) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).client == client) {
                return i;
            }
        }
        throw new IllegalArgumentException("no endpoint of this set: " + client.endpoint());
    }
}
