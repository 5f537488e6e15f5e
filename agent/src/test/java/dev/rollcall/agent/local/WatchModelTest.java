package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.bytes;
import static dev.rollcall.agent.local.LocalFixture.putOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchProgressRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One writer, many watchers that come at any time, begin anywhere and read as they please: each must get exactly the events
 * it wants, in order, once, with all events of a revision in one response.
 */
class WatchModelTest {
    private static final int WRITES = 600;
    private static final int STREAMS = 12;

    /** What a watcher is to see of one event. */
    private record Seen(long revision, String key, String value, String previous) {}

    /** A watcher: what was asked for it, and what it was sent. */
    private static final class Asked {
        final WatchCreateRequest request;
        final List<Seen> seen = new ArrayList<>();
        long start;

        Asked(WatchCreateRequest request) {
            this.request = request;
        }
    }

    /** A stream and its watchers. */
    private static final class Client {
        final TestSink sink = new TestSink();
        final StreamCall stream;
        final Map<Long, Asked> watchers = new HashMap<>();
        long progress;

        Client(LocalFixture local) {
            stream = local.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);
        }

        Asked watcher(long id) {
            return Objects.requireNonNull(watchers.get(id));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyWatcherSeesWhatItWantsOnceAndInOrder(long seed) throws InterruptedException {
        LocalLimits limits = LocalLimits.DEFAULT.with(new LocalLimits.Watch(600_000, 300, 7, 100));
        try (LocalFixture local = new LocalFixture(limits, new StateLimits(0, 3_000), true, MemberRole.VOTER)) {
            List<Seen> truth = new ArrayList<>();
            Thread writer = new Thread(() -> write(local, new Random(seed), truth));
            writer.start();
            List<Client> clients = new ArrayList<>();
            Random random = new Random(-seed);
            for (int i = 0; i < STREAMS; i++) {
                Client client = new Client(local);
                clients.add(client);
                for (int id = 1; id <= 3; id++) {
                    create(local, random, client, id);
                }
                Client any = clients.get(random.nextInt(clients.size()));
                int room = random.nextInt(4);
                local.onLoop(() -> {
                    any.sink.read(room);
                    return true;
                });
            }
            writer.join();
            // Past every start that was chosen in the future.
            for (int i = 0; i < 25; i++) {
                local.put("z", "v");
            }
            long last = local.member.kv().revision();
            for (Client client : clients) {
                local.onLoop(() -> {
                    client.sink.read(Integer.MAX_VALUE);
                    return true;
                });
                readAll(local, client, last);
                check(client, truth);
            }
        }
    }

    private static void create(LocalFixture local, Random random, Client client, long id) {
        WatchCreateRequest.Builder request = WatchCreateRequest.newBuilder()
                .setWatchId(id)
                .setKey(bytes("k" + random.nextInt(8)))
                .setPrevKv(random.nextBoolean());
        if (random.nextBoolean()) {
            request.setRangeEnd(bytes("k9"));
        }
        if (random.nextInt(3) > 0) {
            long published = local.member.kv().revision();
            request.setStartRevision(1 + random.nextInt((int) published + 20));
        }
        if (random.nextInt(4) == 0) {
            request.addFilters(
                    random.nextBoolean()
                            ? WatchCreateRequest.FilterType.NOPUT
                            : WatchCreateRequest.FilterType.NODELETE);
        }
        client.watchers.put(id, new Asked(request.build()));
        local.say(
                client.stream,
                WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    private static void write(LocalFixture local, Random random, List<Seen> truth) {
        TreeMap<String, String> now = new TreeMap<>();
        for (int i = 0; i < WRITES; i++) {
            Set<String> keys = new TreeSet<>();
            for (int k = random.nextInt(3); k >= 0; k--) {
                keys.add("k" + random.nextInt(10));
            }
            boolean delete = random.nextInt(4) == 0;
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (String key : keys) {
                txn.addSuccess(
                        delete
                                ? RequestOp.newBuilder()
                                        .setRequestDeleteRange(
                                                DeleteRangeRequest.newBuilder().setKey(bytes(key)))
                                : RequestOp.newBuilder().setRequestPut(putOf(key, "v" + i)));
            }
            long revision = local.member
                    .apply(CommandKind.TXN, txn.build().toByteArray())
                    .revision();
            for (String key : keys) {
                String before = now.getOrDefault(key, "");
                if (delete && now.remove(key) != null) {
                    truth.add(new Seen(revision, key, "", before));
                } else if (!delete) {
                    now.put(key, "v" + i);
                    truth.add(new Seen(revision, key, "v" + i, before));
                }
            }
        }
    }

    /** Reads until the stream says that it has sent everything. */
    private static void readAll(LocalFixture local, Client client, long last) {
        WatchRequest ask = WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build();
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (client.progress < last) {
            assertTrue(System.nanoTime() < deadline, "the stream never caught up");
            local.say(client.stream, ask);
            while (client.sink.received() > 0) {
                take(client, LocalFixture.parse(client.sink.next(), WatchResponse.getDefaultInstance()));
            }
        }
    }

    private static void take(Client client, WatchResponse response) {
        assertFalse(response.getCanceled(), response::toString);
        if (response.getWatchId() == -1) {
            client.progress = response.getHeader().getRevision();
            return;
        }
        Asked watcher = client.watcher(response.getWatchId());
        if (response.getCreated()) {
            long start = watcher.request.getStartRevision();
            watcher.start = start == 0 ? response.getHeader().getRevision() + 1 : start;
            return;
        }
        List<Seen> seen = watcher.seen;
        Set<Long> before = new HashSet<>();
        seen.forEach(event -> before.add(event.revision()));
        for (Event event : response.getEventsList()) {
            long revision = event.getKv().getModRevision();
            assertFalse(before.contains(revision), "revision " + revision + " is spread over two responses");
            assertTrue(revision <= response.getHeader().getRevision());
            seen.add(new Seen(
                    revision,
                    event.getKv().getKey().toStringUtf8(),
                    event.getKv().getValue().toStringUtf8(),
                    event.getPrevKv().getValue().toStringUtf8()));
        }
    }

    private static void check(Client client, List<Seen> truth) {
        client.watchers.forEach((id, watcher) -> {
            WatchCreateRequest asked = watcher.request;
            String from = asked.getKey().toStringUtf8();
            boolean range = !asked.getRangeEnd().isEmpty();
            List<Seen> wanted = truth.stream()
                    .filter(event -> event.revision() >= watcher.start)
                    .filter(event -> range
                            ? event.key().compareTo(from) >= 0 && event.key().compareTo("k9") < 0
                            : event.key().equals(from))
                    .filter(event -> !asked.getFiltersList()
                            .contains(
                                    event.value().isEmpty()
                                            ? WatchCreateRequest.FilterType.NODELETE
                                            : WatchCreateRequest.FilterType.NOPUT))
                    .map(event ->
                            asked.getPrevKv() ? event : new Seen(event.revision(), event.key(), event.value(), ""))
                    .toList();
            assertEquals(wanted, watcher.seen, asked::toString);
        });
    }
}
