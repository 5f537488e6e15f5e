package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteState;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Lets go of the log's beginning: what no loss of power can take from the state file, less a tail for members that are
 * behind, and nothing above the copy that one of them is being sent. If the state file's own checkpoints are too far apart
 * for that, because little is written or entries change little, it asks for one. Raft thread.
 */
final class LogTruncation implements RaftPart {
    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AgentConfig.Snapshots limits;
    private final SqliteLog log;
    private final Supplier<SqliteState> file;
    private final Supplier<RaftDriver> driver;
    private final LongSupplier keepsAbove;
    private long toldThrough;
    private long toldBase;
    private long toldNanos;
    private long askedNanos = System.nanoTime() - ASK_NANOS;

    /** @param keepsAbove {@code SqliteSnapshots.keepsLogAbove} */
    LogTruncation(
            AgentConfig.Snapshots limits,
            SqliteLog log,
            Supplier<SqliteState> file,
            Supplier<RaftDriver> driver,
            LongSupplier keepsAbove) {
        this.limits = limits;
        this.log = log;
        this.file = file;
        this.driver = driver;
        this.keepsAbove = keepsAbove;
    }

    @Override
    public void beat(long nowNanos) {
        SqliteState state = file.get();
        RaftStatus status = driver.get().status();
        long safe = Math.min(state.checkpointedIndex(), status.applied());
        long wanted = Math.max(status.applied() - limits.catchUpEntries(), log.tailStart());
        boolean behind = status.applied() - safe >= limits.count() || log.tailStart() > safe;
        if (behind && state.flushedIndex() > safe && nowNanos - askedNanos >= ASK_NANOS) {
            askedNanos = nowNanos;
            state.checkpointSoon();
        }
        long sent = Math.min(driver.get().truncatableThrough(), keepsAbove.getAsLong());
        long through = Math.min(Math.min(safe, wanted), sent);
        if (through >= status.firstIndex() && isWorthAsking(through, nowNanos)) {
            log.truncate(through);
        }
    }

    /** Rows go whole, so the last one may never go: an idle log is not woken for it again and again. */
    private boolean isWorthAsking(long through, long nowNanos) {
        long base = log.base();
        boolean news = through != toldThrough || base != toldBase || nowNanos - toldNanos >= ASK_NANOS;
        if (news) {
            toldThrough = through;
            toldBase = base;
            toldNanos = nowNanos;
        }
        return news;
    }

    @Override
    public void leadership(SoftState now) {
        // Every member keeps its own log short.
    }

    @Override
    public void beforeFlush() {
        // Once in a while is enough.
    }
}
