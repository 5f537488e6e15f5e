package dev.rollcall.agent.peer;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Stands before every member's peer port and decides, for each directed link, what becomes of what is said there. A member
 * sends only on what it has dialled, and its greeting names both ends: so one accepted connection is one direction of one
 * pair of members.
 *
 * <pre>
 * member 1 ── dials the advertised URL of 2 ──> proxy ──[link 1 to 2]──> listening port of 2
 * member 2 ── dials the advertised URL of 1 ──> proxy ──[link 2 to 1]──> listening port of 1
 * </pre>
 *
 * <p>What a link does to the answer to a greeting, which comes back on the same connection, is nothing: the link is the one
 * way that counts. A frame is the unit, so a connection that has lost some is still of use after the link is healed.
 *
 * <p>All of it runs on one event loop; the public methods may be called from any other thread and return once it is so.
 */
public final class PeerProxy implements AutoCloseable {
    /** What becomes of frames on a link. */
    public enum Fate {
        /** They arrive. */
        PASS,
        /** They vanish. The connection stays, a new one is accepted, and nobody answers. */
        DROP,
        /** They wait, as in a short outage of the network, and arrive late, in order, once the fate is another. */
        STALL,
        /** The connection is closed, and so is every new one. */
        RESET
    }

    /**
     * One way between two members.
     *
     * @param from id of the member that speaks
     * @param to id of the member that is to hear it
     */
    public record Link(long from, long to) {}

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final Context context = ((VertxInternal) vertx).createEventLoopContext();
    private final NetClient client = vertx.createNetClient();
    private final List<NetServer> servers = new ArrayList<>();
    private final List<PeerRelay> relays = new ArrayList<>();
    private final Map<Link, Fate> fates = new HashMap<>();
    private final Map<Link, Long> delaysMs = new HashMap<>();

    /** Takes what members dial at {@code port} to the member that listens at {@code target}, both on the loopback address. */
    public void listen(int port, int target) {
        await(() -> {
            NetServer server = vertx.createNetServer().connectHandler(socket -> accept(socket, target));
            servers.add(server);
            return server.listen(port, "127.0.0.1").mapEmpty();
        });
    }

    /** Gives these links this fate, at the same moment. */
    public void set(Fate fate, Iterable<Link> links) {
        await(() -> {
            for (Link link : links) {
                fates.put(link, fate);
            }
            relays.stream().toList().forEach(PeerRelay::fateChanged);
            return Future.succeededFuture();
        });
    }

    /** From now on frames on these links take this long, in milliseconds. */
    public void delay(long ms, Iterable<Link> links) {
        await(() -> {
            links.forEach(link -> delaysMs.put(link, ms));
            return Future.succeededFuture();
        });
    }

    /** Everything passes, without delay. */
    public void heal() {
        await(() -> {
            fates.clear();
            delaysMs.clear();
            relays.stream().toList().forEach(PeerRelay::fateChanged);
            return Future.succeededFuture();
        });
    }

    Fate fate(Link link) {
        return fates.getOrDefault(link, Fate.PASS);
    }

    long delayMs(Link link) {
        return delaysMs.getOrDefault(link, 0L);
    }

    Vertx vertx() {
        return vertx;
    }

    Future<NetSocket> dial(int target) {
        return client.connect(target, "127.0.0.1");
    }

    void ended(PeerRelay relay) {
        relays.remove(relay);
    }

    private void accept(NetSocket socket, int target) {
        PeerRelay relay = new PeerRelay(this, socket, target);
        relays.add(relay);
        relay.start();
    }

    private void await(Supplier<Future<Void>> work) {
        finished(Future.future(promise -> context.runOnContext(v -> work.get().onComplete(promise))));
    }

    private static void finished(Future<Void> work) {
        try {
            work.await(10, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the proxy's event loop hangs", e);
        }
    }

    @Override
    public void close() {
        finished(vertx.close());
    }
}
