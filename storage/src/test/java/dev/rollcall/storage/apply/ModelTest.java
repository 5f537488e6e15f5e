package dev.rollcall.storage.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.MessageLite;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.lease.LeaseView;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.TxnRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random commands against the reference model: every answer, every readable revision, every event and the hashes must
 * agree, through flushes that lag, sweeps that stop half-way, and crashes at any point.
 */
class ModelTest {
    private static final int STEPS = 1000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithTheModel(long seed) {
        new Run(seed).run();
    }

    private static final class Run {
        private final RandomGenerator random;
        private final RandomCommands commands;
        private final ReferenceModel model = new ReferenceModel();
        // Both bounds far too small, so that values are cold and watchers behind most of the time.
        private final TestMember member = new TestMember(new StateLimits(1024, 2048), 1 << KvRow.SUB_BITS);

        Run(long seed) {
            random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            commands = new RandomCommands(random);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                act();
                assertEquals(model.revision(), member.state().kv().revision());
                if (step % 10 == 0) {
                    compareReads();
                    compareFeed();
                    compareLeases();
                }
            }
            TestMember twin = member.twin();
            assertEquals(member.state().stateHash(), twin.state().stateHash());
        }

        private void act() {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3 -> {
                    var request = commands.put();
                    same(model.put(request), member.submit(CommandKind.PUT, request));
                }
                case 4, 5 -> {
                    var request = commands.delete();
                    same(model.delete(request), member.submit(CommandKind.DELETE_RANGE, request));
                }
                case 6, 7, 8, 9, 10 -> txn();
                case 11, 12 -> grant(commands.lease());
                case 13 -> revoke(commands.lease());
                case 14 -> expire();
                case 15 -> compact();
                case 16 -> member.state().compactStep(1);
                case 17 -> member.seal();
                case 18 -> member.writeOne();
                default -> {
                    if (commands.oneIn(4)) {
                        crash();
                    }
                }
            }
        }

        private void same(@Nullable MessageLite expected, Outcome outcome) {
            assertEquals(expected, outcome.response());
        }

        private void txn() {
            TxnRequest request = commands.txn(model.revision(), 2);
            try {
                RequestChecks.txn(request, 128);
            } catch (EtcdException e) {
                return;
            }
            same(model.txn(request), member.submit(CommandKind.TXN, request));
        }

        private void grant(long id) {
            Outcome outcome = member.submit(
                    CommandKind.LEASE_GRANT,
                    LeaseGrantRequest.newBuilder().setID(id).setTTL(10).build());
            assertEquals(model.leaseGrants.containsKey(id), outcome.error() != null);
            model.leaseGrants.putIfAbsent(id, outcome.index());
        }

        private void revoke(long id) {
            Outcome outcome = member.submit(
                    CommandKind.LEASE_REVOKE,
                    LeaseRevokeRequest.newBuilder().setID(id).build());
            assertEquals(model.revoke(id), outcome.error() == null);
        }

        private void expire() {
            List<LeaseExpiry.Item> items = new ArrayList<>();
            for (long id = 1; id <= RandomCommands.LEASES; id++) {
                Long granted = model.leaseGrants.get(id);
                if (granted != null && commands.oneIn(3)) {
                    boolean stale = commands.oneIn(3);
                    items.add(new LeaseExpiry.Item(id, stale ? granted - 1 : granted));
                    if (!stale) {
                        model.revoke(id);
                    }
                }
            }
            member.expire(1, items.toArray(LeaseExpiry.Item[]::new));
        }

        private void compact() {
            long revision = random.nextLong(model.revision() + 2);
            Outcome outcome = member.submit(
                    CommandKind.COMPACT,
                    CompactionRequest.newBuilder().setRevision(revision).build());
            boolean allowed = revision > model.compacted && revision <= model.revision();
            assertEquals(allowed, outcome.error() == null);
            model.compacted = allowed ? revision : model.compacted;
        }

        private void crash() {
            int before = member.state().stateHash();
            int atOldRevision = member.state().kv().hashKv(oldRevision()).hash();
            member.restart();
            assertEquals(before, member.state().stateHash());
            assertEquals(
                    atOldRevision, member.state().kv().hashKv(oldRevision()).hash());
        }

        private long oldRevision() {
            return Math.max(1, (model.compacted + model.revision()) / 2);
        }

        private void compareReads() {
            for (int i = 0; i < 5; i++) {
                long oldest = Math.max(1, model.compacted);
                long revision = commands.oneIn(2) ? 0 : random.nextLong(oldest, model.revision() + 1);
                RangeRequest request =
                        commands.range().toBuilder().setRevision(revision).build();
                assertEquals(
                        model.range(request, revision),
                        member.state().kv().range(request).body().build());
            }
        }

        private void compareFeed() {
            RevisionFeed feed = member.state().kv().feed();
            long from = Math.max(2, random.nextLong(Math.max(1, model.compacted), model.revision() + 2));
            List<RevisionEvents> seen = new ArrayList<>();
            long next = from;
            while (next <= feed.published()) {
                int most = 1 + random.nextInt(20);
                List<RevisionEvents> part = next < feed.ringStart()
                        ? feed.history(next, feed.ringStart() - 1, most)
                        : feed.pull(next, most);
                seen.addAll(part);
                next = part.get(part.size() - 1).revision() + 1;
            }
            assertEquals(model.revision() - from + 1, seen.size());
            for (RevisionEvents events : seen) {
                assertEquals(from++, events.revision());
                assertEquals(
                        model.events(events.revision()),
                        events.events().stream().map(Run::text).toList());
            }
        }

        private static String text(Event event) {
            String sign = event.getType() == Event.EventType.PUT ? "+" : "-";
            return sign + event.getKv().getKey().toStringUtf8();
        }

        private void compareLeases() {
            assertEquals(
                    new ArrayList<>(model.leaseGrants.keySet()),
                    member.state().leases().ids());
            for (long id : model.leaseGrants.keySet()) {
                LeaseView view = member.state().leases().view(id);
                List<String> keys = view == null
                        ? List.of()
                        : view.keys().stream()
                                .map(key -> new String(key, StandardCharsets.UTF_8))
                                .toList();
                assertEquals(model.keysOf(id), keys);
            }
        }
    }
}
