package dev.rollcall.agent.peer;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This member's connections to all others. Each member dials each other and sends only on what it dialled; what it accepted
 * it only reads. {@link #send} and {@link #call} may be used from any thread.
 */
public final class Peers implements PeerCalls {
    private static final Logger log = LoggerFactory.getLogger(Peers.class);
    private static final long CONSENSUS_QUEUE_BYTES = 32L << 20;
    static final long CALLS_QUEUE_BYTES = 16L << 20;
    /** Twice what one follower has on its way. */
    private static final long SNAPSHOTS_QUEUE_BYTES = 2L << 20;
    /** Members that this one has not heard of in its log yet, and answers nevertheless. */
    private static final int MAX_GUESTS = 16;
    /** Connections that have not greeted yet: one more, and the oldest is closed. A member greets at once. */
    static final int MAX_STRANGERS = 64;
    /** What a connection may send in a frame before it has greeted. */
    static final int STRANGER_FRAME_BYTES = 64 << 10;
    /** A member that was removed still gets, and says, what is on its way: how it learns, and how a leader hands over. */
    private static final long FAREWELL_MS = 1_000;

    private static final long GREETING_MS = 3_000;

    private final long greetingMs;
    private final Vertx vertx;
    private final Context context;
    private final PeerEvents events;
    private final Greeter greeter;
    private final LocalMembers local;
    private final long self;
    private final NetClient client;
    private final Map<Long, Links> links = new ConcurrentHashMap<>();
    private final List<NetServer> servers = new ArrayList<>();
    private volatile String lastRefusal = "";
    private final Set<Inbound> accepted = ConcurrentHashMap.newKeySet();
    /** Those of them that have not greeted, oldest first; of the context. */
    private final Deque<Inbound> strangers = new ArrayDeque<>();

    private volatile boolean closed;

    /**
     * @param guest whether it is here because it greeted, not because the members table has it
     */
    private record Links(List<URI> urls, boolean guest, PeerLink consensus, PeerLink calls, PeerLink snapshots) {
        void close() {
            consensus.close();
            calls.close();
            snapshots.close();
        }
    }

    public Peers(
            Vertx vertx, PeerIdentity identity, DirectoryBindings bindings, LocalMembers members, PeerEvents events) {
        this(vertx, identity, bindings, members, events, GREETING_MS);
    }

    /**
     * @param greetingMs within which a connection must greet
     */
    Peers(
            Vertx vertx,
            PeerIdentity identity,
            DirectoryBindings bindings,
            LocalMembers members,
            PeerEvents events,
            long greetingMs) {
        this.greetingMs = greetingMs;
        this.vertx = vertx;
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.events = events;
        this.self = identity.memberId();
        this.local = members;
        this.greeter = new Greeter(vertx, identity, bindings, members);
        NetClientOptions options = new NetClientOptions().setConnectTimeout(1_000);
        options.setTcpNoDelay(true).setTcpUserTimeout(5_000);
        this.client = vertx.createNetClient(options);
    }

    /** Listens for peers; fails with a message that names the address if one is taken. */
    public Future<Void> listen(List<URI> urls) {
        List<Future<?>> all = new ArrayList<>();
        for (URI url : urls) {
            NetServer server = vertx.createNetServer(new NetServerOptions().setTcpNoDelay(true))
                    .connectHandler(this::accept);
            servers.add(server);
            Promise<NetServer> promise = Promise.promise();
            context.runOnContext(
                    v -> server.listen(url.getPort(), url.getHost()).onComplete(promise));
            all.add(promise.future()
                    .recover(e -> Future.failedFuture(new IllegalStateException(
                            "cannot listen for peers at " + url + ": " + e.getMessage()
                                    + "; choose another --listen-peer-urls",
                            e))));
        }
        return Future.all(all).mapEmpty();
    }

    /**
     * The other members and where they are: dials new ones, dials again those that have moved, and takes leave of those that
     * were removed.
     */
    public synchronized void members(Map<Long, List<URI>> urlsOf) {
        Map<Long, List<URI>> others = new HashMap<>(urlsOf);
        others.remove(self);
        List.copyOf(links.keySet()).stream().filter(local::wasRemoved).forEach(this::takeLeave);
        links.entrySet().removeIf(old -> {
            List<URI> urls = others.get(old.getKey());
            boolean stays = urls == null
                    ? old.getValue().guest() || local.wasRemoved(old.getKey())
                    : old.getValue().urls().equals(urls);
            if (!stays) {
                old.getValue().close();
            }
            return !stays;
        });
        others.forEach((id, urls) -> links.computeIfAbsent(id, peer -> dial(peer, urls, false)));
    }

    private void takeLeave(long peer) {
        vertx.setTimer(FAREWELL_MS, id -> {
            Links gone = links.remove(peer);
            if (gone != null) {
                gone.close();
            }
            accepted.stream().filter(inbound -> inbound.from == peer).forEach(Inbound::close);
        });
    }

    /** Answers a member of this cluster that the table does not have yet: it may be the leader that brings the table. */
    private synchronized void host(Greeting greeting) {
        Links known = links.get(greeting.from());
        if (known != null) {
            known.consensus().hint(greeting.urls());
            known.calls().hint(greeting.urls());
            known.snapshots().hint(greeting.urls());
            return;
        }
        long guests = links.values().stream().filter(Links::guest).count();
        if (!closed && !greeting.urls().isEmpty() && guests < MAX_GUESTS) {
            links.computeIfAbsent(greeting.from(), peer -> dial(peer, greeting.urls(), true));
        }
    }

    private Links dial(long peer, List<URI> urls, boolean guest) {
        PeerLink consensus = link(peer, StreamKind.CONSENSUS, urls, CONSENSUS_QUEUE_BYTES);
        PeerLink calls = link(peer, StreamKind.CALLS, urls, CALLS_QUEUE_BYTES);
        PeerLink snapshots = link(peer, StreamKind.SNAPSHOTS, urls, SNAPSHOTS_QUEUE_BYTES);
        consensus.start();
        calls.start();
        snapshots.start();
        return new Links(urls, guest, consensus, calls, snapshots);
    }

    private PeerLink link(long peer, StreamKind stream, List<URI> urls, long maxQueueBytes) {
        return new PeerLink(vertx, context, client, greeter, events, peer, stream, urls, maxQueueBytes);
    }

    /** Sends an encoded consensus message, or drops it: Raft sends again what matters. */
    public void send(long to, byte[] message, boolean urgent) {
        Links peer = links.get(to);
        if (peer != null && peer.consensus().isUp()) {
            peer.consensus().send(Frames.of(FrameType.RAFT, message), urgent);
        }
    }

    /** Sends a piece of a snapshot, or drops it: it is asked for again. */
    public void sendSnapshot(long to, byte[] message) {
        Links peer = links.get(to);
        if (peer != null) {
            peer.snapshots().send(Frames.of(FrameType.RAFT, message), false);
        }
    }

    @Override
    public boolean call(long to, FrameType type, byte[] payload) {
        Links peer = links.get(to);
        return peer != null && peer.calls().send(Frames.of(type, payload), false);
    }

    /** Peers whose consensus stream is up now. */
    public int active() {
        return (int) links.values().stream().filter(l -> l.consensus().isUp()).count();
    }

    /** Whether the consensus stream to this peer has been up for this long; 0 for now. Any thread. */
    public boolean isConnectedFor(long peer, long nanos) {
        Links to = links.get(peer);
        return to != null && to.consensus().isUpFor(nanos);
    }

    private void accept(NetSocket socket) {
        Inbound inbound = new Inbound(socket);
        accepted.add(inbound);
        strangers.add(inbound);
        inbound.start();
        if (strangers.size() > MAX_STRANGERS) {
            strangers.remove().close();
        }
    }

    /** One accepted connection: greeted first, then only read. */
    private final class Inbound {
        private final NetSocket socket;
        private volatile long from;

        Inbound(NetSocket socket) {
            this.socket = socket;
        }

        void start() {
            long timer = vertx.setTimer(greetingMs, id -> {
                if (from == 0) {
                    socket.close();
                }
            });
            socket.closeHandler(v -> {
                vertx.cancelTimer(timer);
                accepted.remove(this);
                strangers.remove(this);
            });
            socket.exceptionHandler(
                    e -> log.debug("peer connection from {}: {}", socket.remoteAddress(), e.getMessage()));
            socket.handler(new Frames(this::frame, this::garbage, this::longestPayload));
        }

        private void garbage(String what) {
            log.warn("peer connection from {}: {}; closed", socket.remoteAddress(), what);
            socket.close();
        }

        private int longestPayload() {
            return from == 0 ? STRANGER_FRAME_BYTES : Frames.MAX_PAYLOAD_BYTES;
        }

        private void frame(FrameType type, Buffer payload) {
            if (from == 0) {
                greeted(type, payload);
            } else if (type == FrameType.RAFT) {
                events.consensus(from, payload);
            } else {
                events.call(from, type, payload);
            }
        }

        private void greeted(FrameType type, Buffer payload) {
            if (ClusterQuestion.is(type, payload)) {
                describe();
                return;
            }
            Greeting greeting;
            try {
                greeting = Greeting.decode(type == FrameType.GREETING ? payload : Buffer.buffer());
            } catch (IllegalArgumentException e) {
                refuse(Refusal.mistake(String.valueOf(e.getMessage())));
                return;
            }
            // The dialler sends nothing more before our answer, so nothing arrives while this is decided.
            greeter.check(greeting).onComplete(checked -> {
                Refusal refusal =
                        checked.succeeded() ? checked.result() : Refusal.mistake(String.valueOf(checked.cause()));
                if (refusal != null) {
                    refuse(refusal);
                } else {
                    from = greeting.from();
                    strangers.remove(this);
                    socket.write(Frames.of(
                            FrameType.ACCEPTED,
                            greeter.greeting(from, greeting.stream()).encode()));
                    host(greeting);
                }
            });
        }

        /** To a program that wants to join; nothing else is to come on this connection. */
        private void describe() {
            socket.pause();
            local.picture()
                    .onSuccess(picture -> socket.write(Frames.of(FrameType.CLUSTER_PICTURE, picture.encode()))
                            .onComplete(v -> socket.close()))
                    .onFailure(e -> refuse(Refusal.mistake(String.valueOf(e.getMessage()))));
        }

        private void refuse(Refusal refusal) {
            // A stranger tries again twice a second: one line for each reason, not for each try.
            if (!refusal.why().equals(lastRefusal)) {
                lastRefusal = refusal.why();
                log.warn("peer connection from {} refused: {}", socket.remoteAddress(), refusal.why());
            }
            socket.write(Frames.of(FrameType.REFUSED, refusal.encode())).onComplete(v -> socket.close());
        }

        void close() {
            socket.close();
        }
    }

    /** Closes every connection and stops listening. */
    public synchronized Future<Void> close() {
        closed = true;
        links.values().forEach(Links::close);
        links.clear();
        accepted.forEach(Inbound::close);
        return Future.join(servers.stream().map(NetServer::close).toList())
                .otherwiseEmpty()
                .mapEmpty();
    }
}
