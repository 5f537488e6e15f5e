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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private static final Logger logger = LoggerFactory.getLogger(MemberFiles.class);

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
            Identity stored = log.identity();
            InitialCluster initial = InitialCluster.of(config);
            if (stored == null) {
                if (config.cluster().existing()) {
                    throw new StartException(
                            directory.path() + " is empty, and --initial-cluster-state existing needs a"
                                    + " directory that has been in the cluster; use new for a first start");
                }
                log.close();
                log = SqliteLog.open(directory, initial.identity());
                stored = initial.identity();
            }
            file = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            ReplicatedState state = ReplicatedState.recover(file.image(), file, StateLimits.DEFAULTS);
            if (state.members().isEmpty()) {
                state.bootstrap(initial.members());
            }
            checkWhose(config, directory, stored, initial, state);
            RecoveredLog recovered = log.recover(state.applied());
            return new MemberFiles(directory, log, file, stored, state, recovered);
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

    /** An existing directory wins over the flags of a first start, unless it is clearly another member's. */
    private static void checkWhose(
            AgentConfig config,
            DataDirectory directory,
            Identity stored,
            InitialCluster initial,
            ReplicatedState state) {
        if (stored.equals(initial.identity())) {
            return;
        }
        MemberRow self = state.members().get(stored.memberId());
        List<String> urls = config.cluster().initialAdvertisePeerUrls().stream()
                .map(HttpUrl::toString)
                .sorted()
                .toList();
        if (self == null || !self.peerUrls().stream().sorted().toList().equals(urls)) {
            throw new StartException(directory.path() + " belongs to member " + Long.toHexString(stored.memberId())
                    + " of cluster " + Long.toHexString(stored.clusterId()) + " with peer URLs "
                    + (self == null ? List.of() : self.peerUrls()) + ", not to one at " + urls
                    + ": use another --data-dir, or the flags it was made with");
        }
        logger.warn(
                "{} exists and belongs to cluster {}: --initial-cluster and --initial-cluster-token are ignored",
                directory.path(),
                Long.toHexString(stored.clusterId()));
    }

    @Override
    public void close() {
        log.close();
        file.close();
        directory.close();
    }
}
