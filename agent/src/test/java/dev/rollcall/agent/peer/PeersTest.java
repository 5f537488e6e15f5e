package dev.rollcall.agent.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeersTest {
    private static final long CLUSTER = 77;

    private final Vertx vertx = Vertx.vertx();
    private final Map<Long, URI> urls = new HashMap<>();
    private final Map<Long, UUID> directories = Map.of(1L, new UUID(0, 1), 2L, new UUID(0, 2));

    /** A member's transport and what it has seen. */
    private final class Side implements PeerEvents, DirectoryBindings {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        final Map<Long, UUID> bound = new ConcurrentHashMap<>();
        final Peers peers;

        Side(long id, long cluster, UUID directory) {
            peers = new Peers(vertx, new PeerIdentity(cluster, id, directory), this, this);
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
        public @Nullable UUID bound(long member) {
            return bound.get(member);
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
        Side one = member(1);
        one.bound.put(2L, new UUID(0, 2));
        UUID two = new UUID(0, 2);
        assertTrue(answer(new Greeting(1, CLUSTER, 2, 1, new UUID(9, 9), 1)).contains("remove and add this member"));
        assertTrue(answer(new Greeting(1, CLUSTER + 1, 2, 1, two, 1)).contains("--initial-cluster-token"));
        assertTrue(answer(new Greeting(1, CLUSTER, 3, 1, two, 1)).contains("not in this cluster's configuration"));
        assertTrue(answer(new Greeting(1, CLUSTER, 2, 5, two, 1)).contains("check the peer URLs"));
        assertTrue(answer(new Greeting(2, CLUSTER, 2, 1, two, 1)).contains("format 2"));
        assertEquals("ACCEPTED", answer(new Greeting(1, CLUSTER, 2, 1, two, 1)));
        assertNull(one.seen.poll());
    }

    /** What member 1 answers to a greeting: its type, or the reason of its refusal. */
    private String answer(Greeting greeting) throws Exception {
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        vertx.createNetClient().connect(url(1).getPort(), "127.0.0.1").onSuccess(socket -> {
            socket.handler(new Frames(
                    (type, payload) -> answers.add(type == FrameType.REFUSED ? payload.toString() : type.name()),
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
