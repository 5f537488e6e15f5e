package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig.AutoCompaction;
import dev.rollcall.raft.core.Role;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.proto.CompactionRequest;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets old revisions, which would otherwise fill the heap's index: the leader proposes a compaction now and then. Every
 * member keeps the samples, so that a new leader knows how old a revision is.
 */
public final class AutoCompactor {
    private static final Logger log = LoggerFactory.getLogger(AutoCompactor.class);
    private static final Duration REVISION_INTERVAL = Duration.ofMinutes(5);
    private static final int SAMPLES_PER_RETENTION = 10;

    private record Sample(long nanos, long revision) {}

    private final AutoCompaction config;
    private final KvStore kv;
    private final MemberInfo info;
    private final Proposer proposer;
    private final LongSupplier nanos;
    private final Deque<Sample> samples = new ArrayDeque<>();

    /**
     * @param nanos a clock, as {@link System#nanoTime}
     */
    public AutoCompactor(AutoCompaction config, KvStore kv, MemberInfo info, Proposer proposer, LongSupplier nanos) {
        this.config = config;
        this.kv = kv;
        this.info = info;
        this.proposer = proposer;
        this.nanos = nanos;
    }

    /** Looks again and again, a tenth of the retention apart (every 5 minutes if revisions are counted). */
    public void start(Vertx vertx) {
        if (config.mode() != AutoCompaction.Mode.OFF) {
            vertx.setPeriodic(Math.max(1_000, interval().toMillis()), id -> look());
        }
    }

    private Duration interval() {
        return config.mode() == AutoCompaction.Mode.PERIODIC
                ? config.retention().dividedBy(SAMPLES_PER_RETENTION)
                : REVISION_INTERVAL;
    }

    /** Takes a sample, and compacts what has become too old. One thread at a time. */
    public void look() {
        long revision = switch (config.mode()) {
            case OFF -> 0;
            case PERIODIC -> agedRevision();
            case REVISION -> kv.revision() - config.revisions();
        };
        if (revision > kv.compactRevision() && info.soft().role() == Role.LEADER) {
            byte[] request =
                    CompactionRequest.newBuilder().setRevision(revision).build().toByteArray();
            proposer.propose(CommandKind.COMPACT, request, 0)
                    .onSuccess(done -> log.info("revisions before {} are compacted", revision))
                    .onFailure(e -> log.warn("compaction at revision {} is put off: {}", revision, e.getMessage()));
        }
    }

    private long agedRevision() {
        long now = nanos.getAsLong();
        samples.add(new Sample(now, kv.revision()));
        long aged = 0;
        while (now - samples.element().nanos() >= config.retention().toNanos()) {
            aged = samples.remove().revision();
        }
        return aged;
    }
}
