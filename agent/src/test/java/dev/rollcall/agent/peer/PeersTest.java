package dev.rollcall.agent.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGreeting;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeersTest {
    private static final long CLUSTER = 77;
    private static final ClusterPicture PICTURE = new ClusterPicture(
            CLUSTER,
            true,
            List.of(new MemberRow(-1, "", MemberRole.VOTER, List.of("http://a:1"), List.of())),
            List.of(
                    new MemberRow(
                            -1,
                            "n\u00e9",
                            MemberRole.VOTER,
                            List.of("http://a:1", "http://b:2"),
                            List.of("http://c:3")),
                    new MemberRow(4, "", MemberRole.LEARNER, List.of("http://d:4"), List.of())),
            new TreeMap<>(Map.of(-1L, new UUID(7, 8))));

    private final Vertx vertx = Vertx.vertx();
    private final Map<Long, URI> urls = new HashMap<>();
    private final Map<Long, UUID> directories = Map.of(1L, new UUID(0, 1), 2L, new UUID(0, 2));

    /** A member's transport and what it has seen. */
    private final class Side implements PeerEvents, DirectoryBindings, LocalMembers {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        final Map<Long, UUID> bound = new ConcurrentHashMap<>();
        final Set<Long> removed = ConcurrentHashMap.newKeySet();
        final long id;
        final Peers peers;

        Side(long id, long cluster, UUID directory) {
            this(id, cluster, directory, Map.of());
        }

        Side(long id, long cluster, UUID directory, Map<Long, UUID> recovered) {
            this.id = id;
            bound.putAll(recovered);
            peers = new Peers(vertx, new PeerIdentity(cluster, id, directory), this, this, this, 60_000);
        }

        Side start(long id) throws Exception {
            await(peers.listen(List.of(url(id))));
            Map<Long, List<URI>> all = new HashMap<>();
            urls.forEach((member, url) -> all.put(member, List.of(url)));
            peers.members(all);
            return this;
        }

        @Override
        public void consensus(long from, Buffer message) {
            seen.add("raft " + from + " " + message);
        }

        @Override
        public void call(long from, FrameType type, Buffer payload) {
            seen.add(type + " " + from + " " + payload);
        }

        @Override
        public void gone(long peer) {
            seen.add("gone " + peer);
        }

        @Override
        public void refused(long peer, Refusal refusal) {
            seen.add("refused by " + peer + " " + refusal.kind());
        }

        @Override
        public Map<Long, UUID> bound() {
            return Map.copyOf(bound);
        }

        @Override
        public boolean wasRemoved(long member) {
            return removed.contains(member);
        }

        @Override
        public List<URI> ownUrls() {
            return List.of(url(id));
        }

        @Override
        public Future<ClusterPicture> picture() {
            return Future.succeededFuture(PICTURE);
        }

        @Override
        public void bind(long member, UUID directory) {
            bound.put(member, directory);
        }

        String next() throws InterruptedException {
            return String.valueOf(seen.poll(30, TimeUnit.SECONDS));
        }
    }

    @BeforeEach
    void ports() throws IOException {
        for (long id = 1; id <= 2; id++) {
            try (ServerSocket free = new ServerSocket(0)) {
                urls.put(id, URI.create("http://127.0.0.1:" + free.getLocalPort()));
            }
        }
    }

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    private URI url(long id) {
        return Objects.requireNonNull(urls.get(id));
    }

    private Side member(long id) throws Exception {
        return new Side(id, CLUSTER, Objects.requireNonNull(directories.get(id))).start(id);
    }

    private static void await(Future<?> future) throws Exception {
        future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "not so within 30 s");
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static byte[] bytes(String text) {
        return Buffer.buffer(text).getBytes();
    }

    @Test
    void messagesAndCallsTravelBothWays() throws Exception {
        Side one = member(1);
        Side two = member(2);
        until(() -> one.peers.call(2, FrameType.FORWARD, bytes("call")));
        assertEquals("FORWARD 1 call", two.next());
        until(() -> two.peers.active() == 1);
        two.peers.send(1, bytes("hello"), true);
        assertEquals("raft 2 hello", one.next());
        assertEquals(new UUID(0, 2), one.bound.get(2L));
    }

    @Test
    void aPeerThatEndsIsGoneAndComesBack() throws Exception {
        Side one = member(1);
        Side two = member(2);
        until(() -> one.peers.active() == 1);
        await(two.peers.close());
        assertEquals("gone 2", one.next());
        assertFalse(one.peers.call(2, FrameType.FORWARD, bytes("lost")));
        Side again = member(2);
        until(() -> one.peers.call(2, FrameType.FORWARD, bytes("found")));
        assertEquals("FORWARD 1 found", again.next());
    }

    @Test
    void whoeverIsNotThatMemberIsRefused() throws Exception {
        Side one = new Side(1, CLUSTER, new UUID(0, 1), Map.of(2L, new UUID(0, 2))).start(1);
        one.removed.add(9L);
        assertTrue(answer(greeting(CLUSTER, 2, 1, 99)).contains("remove and add this member"));
        assertTrue(answer(greeting(CLUSTER + 1, 2, 1, 2)).contains("--initial-cluster-token"));
        assertTrue(answer(greeting(CLUSTER, 9, 1, 2)).contains("was removed from cluster"));
        assertTrue(answer(greeting(CLUSTER, 2, 5, 2)).contains("check the peer URLs"));
        assertEquals("ACCEPTED", answer(greeting(CLUSTER, 2, 1, 2)));
        assertNull(one.seen.poll());
    }

    @Test
    void ofStrangersTheOldestGivesWay() throws Exception {
        member(1);
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i <= Peers.MAX_STRANGERS; i++) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), url(1).getPort()));
            }
            silent.get(0).setSoTimeout(30_000);
            assertEquals(-1, silent.get(0).getInputStream().read());
            assertEquals("ACCEPTED", answer(greeting(CLUSTER, 2, 1, 2)));
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void aStrangerSendsNoLargeFrame() throws Exception {
        member(1);
        try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), url(1).getPort())) {
            stranger.setSoTimeout(30_000);
            stranger.getOutputStream()
                    .write(Buffer.buffer()
                            .appendInt(Peers.STRANGER_FRAME_BYTES + 1)
                            .appendByte((byte) FrameType.GREETING.code())
                            .appendInt(0)
                            .getBytes());
            assertEquals(-1, stranger.getInputStream().read());
        }
    }

    @Test
    void whatAPeerDoesNotTakeIsKeptBackBeyondTheLimit() throws Exception {
        byte[] greeting = greeting(CLUSTER, 2, 1, 2).encode();
        await(vertx.createNetServer()
                .connectHandler(socket -> socket.handler(new Frames(
                        (type, payload) -> {
                            socket.write(Frames.of(FrameType.ACCEPTED, greeting));
                            socket.pause();
                        },
                        what -> socket.close())))
                .listen(url(2).getPort(), "127.0.0.1"));
        Side one = member(1);
        byte[] call = new byte[1 << 20];
        until(() -> one.peers.call(2, FrameType.FORWARD, call));
        int taken = 1;
        while (taken < 64 && one.peers.call(2, FrameType.FORWARD, call)) {
            taken++;
        }
        assertTrue(one.peers.isConnectedFor(2, 0));
        // Beside the queue there are what the kernel and the socket's own buffers take.
        assertTrue(taken >= Peers.CALLS_QUEUE_BYTES / call.length - 1 && taken < 64, "took " + taken + " MiB");
    }

    @Test
    void aMemberWithoutItsDirectoryIsToldSo() throws Exception {
        new Side(1, CLUSTER, new UUID(0, 1), Map.of(2L, new UUID(0, 2))).start(1);
        Side wiped = new Side(2, CLUSTER, new UUID(0, 99)).start(2);
        assertEquals("refused by 1 OTHER_DIRECTORY", wiped.next());
        assertFalse(wiped.peers.call(1, FrameType.FORWARD, bytes("never")));
    }

    @Test
    void aMemberThatWasRemovedLearnsIt() throws Exception {
        Side one = member(1);
        Side two = member(2);
        until(() -> one.peers.active() == 1 && two.peers.active() == 1);
        one.removed.add(2L);
        one.peers.members(Map.of(1L, List.of(url(1))));
        assertEquals("refused by 1 REMOVED", two.next());
        assertFalse(one.peers.isConnectedFor(2, 0));
    }

    @Test
    void aMemberThatIsNotKnownYetIsHeardAndAnswered() throws Exception {
        Side one = new Side(1, CLUSTER, new UUID(0, 1));
        await(one.peers.listen(List.of(url(1))));
        one.peers.members(Map.of());
        Side two = member(2);
        until(() -> two.peers.call(1, FrameType.FORWARD, bytes("hello")));
        assertEquals("FORWARD 2 hello", one.next());
        until(() -> one.peers.call(2, FrameType.FORWARD, bytes("answer")));
        assertEquals("FORWARD 1 answer", two.next());
        one.peers.members(Map.of(1L, List.of(url(1))));
        assertTrue(one.peers.isConnectedFor(2, 0), "a table that does not know it either is no reason to hang up");
    }

    @Test
    void aMemberThatHasMovedIsFoundWhereItSays() throws Exception {
        Side one = new Side(1, CLUSTER, new UUID(0, 1));
        await(one.peers.listen(List.of(url(1))));
        URI former;
        try (ServerSocket free = new ServerSocket(0)) {
            former = URI.create("http://127.0.0.1:" + free.getLocalPort());
        }
        one.peers.members(Map.of(1L, List.of(url(1)), 2L, List.of(former)));
        Side two = member(2);
        until(() -> one.peers.call(2, FrameType.FORWARD, bytes("answer")));
        assertEquals("FORWARD 1 answer", two.next());
    }

    @Test
    void whoWantsToJoinIsTold() throws Exception {
        member(1);
        assertEquals(PICTURE, ClusterQuestion.ask(url(1)));
        assertThrows(IOException.class, () -> ClusterQuestion.ask(url(2)));
    }

    private static Greeting greeting(long cluster, long from, long to, long directory) {
        DirectoryId id = new DirectoryId(0, directory);
        return new Greeting(new PeerGreeting(Greeting.FORMAT, cluster, from, to, id), 1, List.of());
    }

    @Test
    void aGreetingOfAnotherFormatIsUnderstoodFarEnough() {
        PeerGreeting old = new PeerGreeting(1, CLUSTER, 2, 1, new DirectoryId(0, 2));
        Buffer bytes = Buffer.buffer(new Greeting(old, 1, List.of()).encode()).getBuffer(0, 46);
        assertEquals(old, Greeting.decode(bytes).who());
    }

    /** What member 1 answers to a greeting: its type, or the reason of its refusal. */
    private String answer(Greeting greeting) throws Exception {
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        vertx.createNetClient().connect(url(1).getPort(), "127.0.0.1").onSuccess(socket -> {
            socket.handler(new Frames(
                    (type, payload) -> answers.add(
                            type == FrameType.REFUSED ? Refusal.decode(payload).why() : type.name()),
                    answers::add));
            socket.write(Frames.of(FrameType.GREETING, greeting.encode()));
        });
        return String.valueOf(answers.poll(30, TimeUnit.SECONDS));
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(url(1).getPort())) {
            assertTrue(taken.isBound());
            Side second = new Side(1, CLUSTER, new UUID(0, 1));
            Throwable failure = second.peers
                    .listen(List.of(url(1)))
                    .toCompletionStage()
                    .handle((v, e) -> e)
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS);
            assertTrue(String.valueOf(failure).contains("--listen-peer-urls"), String.valueOf(failure));
        }
    }
}
