package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import org.jspecify.annotations.Nullable;

/** {@link MemberInfo} of the member in this process. */
final class LocalInfo implements MemberInfo {
    /** A snapshot's index is built while the one it replaces is in use; the rest is for values, and what is on its way. */
    private static final long INDEX_QUOTA_BYTES = Runtime.getRuntime().maxMemory() / 3;

    private final MemberFiles files;
    private final Consensus consensus;
    private final ApplyLoop applyLoop;
    private final SqliteSnapshots snapshots;
    private final long quotaBytes;

    LocalInfo(MemberFiles files, Consensus consensus, ApplyLoop applyLoop, SqliteSnapshots snapshots, long quotaBytes) {
        this.files = files;
        this.consensus = consensus;
        this.applyLoop = applyLoop;
        this.snapshots = snapshots;
        this.quotaBytes = quotaBytes;
    }

    @Override
    public long clusterId() {
        return files.identity().clusterId();
    }

    @Override
    public long memberId() {
        return files.identity().memberId();
    }

    @Override
    public SoftState soft() {
        return consensus.status().softState();
    }

    @Override
    public long commitIndex() {
        // Applied first: commit grows meanwhile, so the pair never shows applied above commit.
        return Math.max(appliedIndex(), consensus.status().commit());
    }

    @Override
    public long appliedIndex() {
        return applyLoop.applied();
    }

    @Override
    public long durableIndex() {
        return files.log().durableIndex();
    }

    @Override
    public long dbSizeBytes() {
        return files.file().sizeBytes();
    }

    @Override
    public long dbSizeInUseBytes() {
        return files.file().sizeInUseBytes();
    }

    @Override
    public long dbSizeQuotaBytes() {
        return quotaBytes;
    }

    @Override
    public long indexQuotaBytes() {
        return INDEX_QUOTA_BYTES;
    }

    @Override
    public boolean shortOfSpace() {
        return files.directory().space().isShort();
    }

    @Override
    public @Nullable String arriving() {
        return snapshots.arriving();
    }
}
