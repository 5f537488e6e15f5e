package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Program;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.LeaseLeasesResponse;
import dev.rollcall.storage.proto.LeaseStatus;
import dev.rollcall.storage.proto.LeaseTimeToLiveResponse;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.WatchCancelRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchProgressRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real etcd and one of ours are asked the same at random; every field of every answer must be equal but ids of cluster
 * and member, terms, and the seconds that leases have left. Watchers must see the same events in the same order; how they
 * are spread over messages is a matter of time, and is left out. {@code -Ddiff.seed=} repeats a run. Skipped where there
 * is no etcd.
 */
class EtcdDifferentialIT {
    private static final int STEPS = Integer.getInteger("diff.steps", 1_500);
    private static final long SEED = Long.getLong("diff.seed", 8_916_501_250_131L);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Random random = new Random(SEED);
    private final RandomCalls calls = new RandomCalls(random);
    private final List<AutoCloseable> started = new ArrayList<>();
    private final Map<Long, WatchCreateRequest> watchers = new TreeMap<>();
    private final Map<Long, WatchCreateRequest> futureWatchers = new TreeMap<>();

    @SuppressWarnings("NullAway.Init")
    private RealEtcd etcd;

    @SuppressWarnings("NullAway.Init")
    private List<Twin> twins;

    /** One stream to each: watchers of what has been written or is written next. */
    @SuppressWarnings("NullAway.Init")
    private List<Twin.Watching> streams;

    /** One stream to each: watchers of what is still far ahead, which may never be ready for a progress answer. */
    @SuppressWarnings("NullAway.Init")
    private List<Twin.Watching> futures;

    private final Set<Long> compactedAway = new HashSet<>();
    private long revision = 1;
    private long compacted;
    private final Set<Long> compactions = new HashSet<>();

    @BeforeEach
    void start() throws Exception {
        Program.assume("etcd");
        System.out.println("diff.seed=" + SEED);
        etcd = new RealEtcd(directory);
        started.add(etcd);
        AgentProcess ours = AgentProcess.singleVoter("ours", directory);
        started.add(ours);
        ours.start();
        twins = List.of(new Twin(vertx, etcd.port()), new Twin(vertx, ours.clientPort()));
        for (Twin twin : twins) {
            Eventually.holds("both serve", () -> !(twin.ask(RandomCalls.ANY_READ) instanceof String));
        }
        streams = List.of(twins.get(0).watch(), twins.get(1).watch());
        futures = List.of(twins.get(0).watch(), twins.get(1).watch());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable process : started) {
            process.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void nobodyCanTellThemApart() throws Exception {
        for (int step = 0; step < STEPS; step++) {
            calls.at(revision, compacted);
            int dice = random.nextInt(100);
            if (dice < 5) {
                create(streams, watchers, calls.watch(false));
            } else if (dice < 6) {
                create(futures, futureWatchers, calls.watch(true));
            } else if (dice < 8) {
                cancelOne();
            } else {
                call(step, calls.next());
            }
        }
        List<Map<Long, Long>> last = List.of(lastWord(watchers), lastWord(futureWatchers));
        assertEqualEvents(streams, last.get(0));
        assertEqualEvents(futures, last.get(1));
    }

    private void call(int step, RandomCalls.Call call) throws Exception {
        if (call.method() == EtcdMethod.COMPACT) {
            // What a late watcher finds compacted would be a matter of time.
            settle();
        }
        Object theirs = masked(twins.get(0).ask(call));
        Object ours = masked(twins.get(1).ask(call));
        assertEquals(
                theirs.toString(),
                ours.toString(),
                () -> "step " + step + ", diff.seed=" + SEED + ", " + call.method() + " at revision " + revision
                        + ", compacted " + compacted + ":\n" + call.request());
        if (theirs instanceof Message answer) {
            revision = header(answer).getRevision();
            if (call.request() instanceof CompactionRequest compaction) {
                compacted = compaction.getRevision();
                compactions.add(compacted);
                compactedAway.addAll(canceled(streams.get(0)));
            }
        }
    }

    private static ResponseHeader header(Message answer) {
        return (ResponseHeader) answer.getField(answer.getDescriptorForType().findFieldByName("header"));
    }

    /** The answer without what may differ. */
    private static Object masked(Object answer) {
        if (!(answer instanceof Message message)) {
            return answer;
        }
        Message.Builder masked = message.toBuilder();
        masked.setField(
                message.getDescriptorForType().findFieldByName("header"),
                ResponseHeader.newBuilder()
                        .setRevision(header(message).getRevision())
                        .build());
        Message kept = masked.build();
        if (kept instanceof LeaseTimeToLiveResponse left) {
            // etcd's keys come in the order of a hash map.
            List<ByteString> keys = new ArrayList<>(left.getKeysList());
            keys.sort(ByteString.unsignedLexicographicalComparator());
            return left.toBuilder()
                    .setTTL(Long.signum(left.getTTL()))
                    .clearKeys()
                    .addAllKeys(keys)
                    .build();
        }
        if (kept instanceof LeaseLeasesResponse leases) {
            List<LeaseStatus> byId = new ArrayList<>(leases.getLeasesList());
            byId.sort(Comparator.comparingLong(LeaseStatus::getID));
            return leases.toBuilder().clearLeases().addAllLeases(byId).build();
        }
        return kept;
    }

    private void create(List<Twin.Watching> on, Map<Long, WatchCreateRequest> live, WatchCreateRequest watch)
            throws Exception {
        if (compactedAway.contains(watch.getWatchId())) {
            // etcd 3.4 keeps the id of a watcher that compaction has cancelled; whoever names it anew is refused.
            return;
        }
        List<WatchResponse> answers = new ArrayList<>();
        for (Twin.Watching stream : on) {
            long before = created(stream).size();
            stream.say(WatchRequest.newBuilder().setCreateRequest(watch).build());
            Eventually.holds(
                    "watch is answered, diff.seed=" + SEED + " " + watch,
                    () -> created(stream).size() > before);
            answers.add(created(stream).get((int) before));
        }
        assertEquals(
                masked(answers.get(0)).toString(),
                masked(answers.get(1)).toString(),
                () -> "diff.seed=" + SEED + ", created " + watch);
        if (answers.get(0).getCanceled()) {
            return; // refused, so there is nothing to cancel
        }
        live.put(answers.get(0).getWatchId(), watch);
        if (watch.getStartRevision() != 0 && watch.getStartRevision() < compacted) {
            for (Twin.Watching stream : on) {
                Eventually.holds(
                        "a watch below the compacted revision is cancelled, diff.seed=" + SEED,
                        () -> canceled(stream).contains(answers.get(0).getWatchId()));
            }
            compactedAway.add(answers.get(0).getWatchId());
        }
    }

    private void cancelOne() throws Exception {
        watchers.keySet().removeAll(compactedAway);
        if (watchers.isEmpty()) {
            return;
        }
        settle();
        List<Long> ids = List.copyOf(watchers.keySet());
        long id = ids.get(random.nextInt(ids.size()));
        watchers.remove(id);
        for (Twin.Watching stream : streams) {
            long before = canceled(stream).size();
            stream.say(WatchRequest.newBuilder()
                    .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                    .build());
            Eventually.holds(
                    "cancellation is answered, diff.seed=" + SEED,
                    () -> canceled(stream).size() > before);
        }
    }

    private static List<WatchResponse> created(Twin.Watching stream) {
        return stream.responses().stream().filter(WatchResponse::getCreated).toList();
    }

    /** Ids that were once created and are cancelled, each as often as it was. */
    private static List<Long> canceled(Twin.Watching stream) {
        return stream.responses().stream()
                .filter(response -> response.getCanceled() && !response.getCreated())
                .map(WatchResponse::getWatchId)
                .toList();
    }

    /** Until every watcher has been sent what has been written so far. */
    private void settle() throws Exception {
        HttpRequest metrics = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + etcd.port() + "/metrics"))
                .build();
        Eventually.holds("etcd's watchers have all there is", () -> {
            List<String> lines = http.send(metrics, HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .toList();
            return lines.contains("etcd_debugging_mvcc_slow_watcher_total 0");
        });
        watchers.keySet().removeAll(compactedAway);
        if (!watchers.isEmpty()) {
            Twin.Watching ours = streams.get(1);
            long before = progress(ours);
            Eventually.holds("our watchers have all there is, diff.seed=" + SEED, () -> {
                ours.say(WatchRequest.newBuilder()
                        .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                        .build());
                return progress(ours) > before;
            });
        }
    }

    private static boolean isProgress(WatchResponse response) {
        return response.getWatchId() == -1 && !response.getCreated();
    }

    private static long progress(Twin.Watching stream) {
        return stream.responses().stream()
                .filter(EtcdDifferentialIT::isProgress)
                .count();
    }

    /** Writes to every watcher a last event that it can see; by the watcher's id, the revision of that. */
    private Map<Long, Long> lastWord(Map<Long, WatchCreateRequest> live) throws Exception {
        live.keySet().removeAll(live == watchers ? compactedAway : Set.of());
        Map<Long, Long> last = new TreeMap<>();
        for (Map.Entry<Long, WatchCreateRequest> entry : live.entrySet()) {
            WatchCreateRequest watch = entry.getValue();
            ByteString key = watch.getKey().isEmpty() ? ByteString.copyFrom(new byte[1]) : watch.getKey();
            call(STEPS, RandomCalls.put(key));
            long put = revision;
            call(STEPS, RandomCalls.delete(key));
            boolean puts = !watch.getFiltersList().contains(WatchCreateRequest.FilterType.NOPUT);
            boolean deletes = !watch.getFiltersList().contains(WatchCreateRequest.FilterType.NODELETE);
            long seen = deletes ? revision : puts ? put : 0;
            if (seen > 0 && watch.getStartRevision() <= seen) {
                last.put(entry.getKey(), seen);
            }
        }
        return last;
    }

    private void assertEqualEvents(List<Twin.Watching> on, Map<Long, Long> last) throws Exception {
        for (Twin.Watching stream : on) {
            last.forEach((id, seen) -> Eventually.holds(
                    "watcher " + id + " has seen revision " + seen + ", diff.seed=" + SEED,
                    () -> stream.responses().stream()
                            .filter(response -> response.getWatchId() == id)
                            .flatMap(response -> response.getEventsList().stream())
                            .anyMatch(event -> event.getKv().getModRevision() >= seen)));
        }
        Map<Long, List<String>> theirs = story(on.get(0));
        Map<Long, List<String>> ours = story(on.get(1));
        assertEquals(theirs.keySet(), ours.keySet(), "diff.seed=" + SEED);
        theirs.forEach((id, told) -> assertEquals(
                String.join("\n", told),
                String.join("\n", ours.getOrDefault(id, List.of())),
                () -> "watcher " + id + ", diff.seed=" + SEED));
    }

    /** etcd before 3.5.16 drops a deletion at the very revision that is compacted; we keep it, as later ones do. */
    private boolean isTombstoneOfCompaction(Event event) {
        return event.getType() == Event.EventType.DELETE
                && compactions.contains(event.getKv().getModRevision());
    }

    /** By watcher, what it was told; events one by one. */
    private Map<Long, List<String>> story(Twin.Watching stream) {
        Map<Long, List<String>> told = new TreeMap<>();
        for (WatchResponse response : stream.responses()) {
            if (isProgress(response)) {
                continue;
            }
            List<String> of = told.computeIfAbsent(response.getWatchId(), id -> new ArrayList<>());
            response.getEventsList().stream()
                    .filter(event -> !isTombstoneOfCompaction(event))
                    .forEach(event -> of.add(event.toString()));
            if (response.getCreated() || response.getCanceled()) {
                of.add("created " + response.getCreated() + ", canceled " + response.getCanceled() + " "
                        + response.getCancelReason() + " " + response.getCompactRevision());
            }
        }
        return told;
    }
}
