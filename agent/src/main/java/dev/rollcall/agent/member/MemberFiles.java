package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.sqlite.DataDirectory;
import dev.rollcall.storage.sqlite.Identity;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member has on disk, opened, checked and recovered.
 *
 * @param identity whose data it is
 * @param state as the state file held it; the log goes on from there
 * @param recovered what the log held
 */
record MemberFiles(
        DataDirectory directory,
        SqliteLog log,
        SqliteState file,
        Identity identity,
        ReplicatedState state,
        RecoveredLog recovered)
        implements AutoCloseable {
    /**
     * Opens the data directory, or makes it.
     *
     * @throws StartException if it does not belong to the member that the flags describe
     */
    static MemberFiles open(AgentConfig config) {
        DataDirectory directory = DataDirectory.open(config.dataDir());
        @Nullable SqliteLog log = null;
        @Nullable SqliteState file = null;
        try {
            log = SqliteLog.open(directory, null);
            Identity identity = log.identity();
            @Nullable InitialCluster initial = null;
            if (identity == null) {
                initial = firstStart(config, directory);
                identity = initial.identity();
                log.close();
                log = SqliteLog.open(directory, identity);
            }
            file = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            ReplicatedState state = ReplicatedState.recover(file.image(), file, StateLimits.DEFAULTS);
            if (state.members().isEmpty()) {
                // Also after a first start that ended before its first flush.
                state.bootstrap((initial == null ? InitialCluster.of(config) : initial).members());
            }
            checkWhose(config, directory, identity, state);
            RecoveredLog recovered = log.recover(state.applied());
            return new MemberFiles(directory, log, file, identity, state, recovered);
        } catch (RuntimeException e) {
            if (file != null) {
                file.close();
            }
            if (log != null) {
                log.close();
            }
            directory.close();
            throw e;
        }
    }

    private static InitialCluster firstStart(AgentConfig config, DataDirectory directory) {
        if (config.cluster().existing()) {
            throw new StartException(directory.path() + " is empty, and --initial-cluster-state existing needs a"
                    + " directory that has been in the cluster; use new for a first start");
        }
        return InitialCluster.of(config);
    }

    /** An existing directory wins over the flags of a first start, unless they are clearly another member's. */
    private static void checkWhose(
            AgentConfig config, DataDirectory directory, Identity stored, ReplicatedState state) {
        List<HttpUrl> given = config.cluster().initialCluster().get(config.name());
        MemberRow self = state.members().get(stored.memberId());
        if (given == null || self == null) {
            return;
        }
        List<String> urls = given.stream().map(HttpUrl::toString).sorted().toList();
        if (!self.peerUrls().stream().sorted().toList().equals(urls)) {
            throw new StartException(directory.path() + " belongs to member " + Long.toHexString(stored.memberId())
                    + " of cluster " + Long.toHexString(stored.clusterId()) + " with peer URLs " + self.peerUrls()
                    + ", but --initial-cluster has " + config.name() + " at " + urls
                    + ": use another --data-dir, or the flags it was made with");
        }
    }

    @Override
    public void close() {
        log.close();
        file.close();
        directory.close();
    }
}
