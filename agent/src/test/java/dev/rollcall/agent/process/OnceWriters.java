package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Some writers at each agent, each with one write after the other, none of them tried twice. Every write has a key of its own,
 * so the key's version tells how often it was done: once if it was acknowledged, never if it was refused, at most once if
 * nobody knows.
 */
final class OnceWriters implements AutoCloseable {
    private static final int WRITERS_EACH = 8;
    private static final long READ_S = 30;
    private static final int PAGE = 5_000;
    private static final int PAUSE_MS = 10;

    private enum Answer {
        DONE,
        REFUSED,
        UNKNOWN
    }

    private final Vertx vertx = Vertx.vertx();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Set<String> texts = new ConcurrentSkipListSet<>();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private final String first;

    /** @param urls of the agents */
    OnceWriters(List<String> urls) {
        first = urls.get(0);
        for (String url : urls) {
            for (int i = 0; i < WRITERS_EACH; i++) {
                Thread thread = new Thread(() -> write(url), "writer-" + threads.size());
                threads.add(thread);
                thread.start();
            }
        }
    }

    /** Waits for so many more acknowledged writes. */
    void awaitDone(int more) {
        long goal = done.get() + more;
        Eventually.holds(more + " more writes are done: " + texts, () -> done.get() >= goal);
    }

    /** Waits until one more writer has been left without an outcome. */
    void awaitUnknown() {
        long before = unknown.get();
        Eventually.holds("a writer is told that nobody knows", () -> unknown.get() > before);
    }

    private void write(String url) {
        EtcdClient client = client(url);
        try {
            while (stop.getCount() > 0) {
                String key = "once/" + writes.incrementAndGet();
                PutRequest put = PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8("by " + url))
                        .build();
                Answer answer = answer(client, put);
                answers.put(key, answer);
                switch (answer) {
                    case DONE -> done.incrementAndGet();
                    case UNKNOWN -> unknown.incrementAndGet();
                    case REFUSED -> {}
                }
                // Every write is a key more, and the members' heaps are small.
                if (stop.await(PAUSE_MS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private EtcdClient client(String url) {
        return new EtcdClient(vertx, Endpoint.parseList(url).get(0), ClientOptions.DEFAULT);
    }

    private Answer answer(EtcdClient client, PutRequest put) {
        try {
            client.unary(EtcdMethod.PUT, Buffer.buffer(put.toByteArray()), CallContext.INTERNAL)
                    .await(READ_S, TimeUnit.SECONDS);
            return Answer.DONE;
        } catch (EtcdException e) {
            texts.add(e.text().replaceAll("[0-9]+", "n"));
            return e.text().startsWith("etcdserver: request timed out") ? Answer.UNKNOWN : Answer.REFUSED;
        } catch (TimeoutException e) {
            return Answer.UNKNOWN;
        }
    }

    /** Ends all writers and compares what they were told with what is there. */
    void judge() throws Exception {
        end();
        Map<String, Long> versions = versions();
        Map<Answer, Integer> counts = new HashMap<>();
        answers.forEach((key, answer) -> {
            counts.merge(answer, 1, Integer::sum);
            long version = versions.getOrDefault(key, 0L);
            switch (answer) {
                case DONE -> assertEquals(1, version, () -> key + " was acknowledged once");
                case REFUSED -> assertEquals(0, version, () -> key + " was refused: " + texts);
                case UNKNOWN -> assertTrue(version <= 1, () -> key + " was done twice");
            }
        });
        System.out.println(counts + " " + texts);
    }

    private Map<String, Long> versions() throws Exception {
        Map<String, Long> versions = new HashMap<>();
        EtcdClient client = client(first);
        ByteString from = ByteString.copyFromUtf8("once/");
        boolean more = true;
        while (more) {
            RangeRequest page = RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(ByteString.copyFromUtf8("once0"))
                    .setLimit(PAGE)
                    .build();
            RangeResponse read = RangeResponse.parseFrom(
                    client.unary(EtcdMethod.RANGE, Buffer.buffer(page.toByteArray()), CallContext.INTERNAL)
                            .await(READ_S, TimeUnit.SECONDS)
                            .getBytes());
            for (KeyValue kv : read.getKvsList()) {
                versions.put(kv.getKey().toStringUtf8(), kv.getVersion());
                from = kv.getKey().concat(ByteString.copyFrom(new byte[1]));
            }
            more = read.getMore();
        }
        return versions;
    }

    private void end() {
        stop.countDown();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        end();
        RudeClients.await(vertx.close());
    }
}
