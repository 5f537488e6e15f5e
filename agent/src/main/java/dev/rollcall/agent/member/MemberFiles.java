package dev.rollcall.agent.member;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HeapShares;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.agent.peer.ClusterPicture;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.sqlite.DataDirectory;
import dev.rollcall.storage.sqlite.Identity;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteState;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a member has on disk, opened, checked and recovered.
 *
 * @param current the state file; the installation of a snapshot puts another one in its place
 * @param identity whose data it is
 * @param state as the state file held it; the log goes on from there
 * @param recovered what the log held
 */
record MemberFiles(
        DataDirectory directory,
        SqliteLog log,
        AtomicReference<SqliteState> current,
        Identity identity,
        ReplicatedState state,
        RecoveredLog recovered)
        implements AutoCloseable {
    /**
     * Opens the data directory, or makes it.
     *
     * @param recovery is told how far this has come
     * @throws StartException if it does not belong to the member that the flags describe
     */
    static MemberFiles open(AgentConfig config, Recovery recovery) {
        // Before there is a directory: who is not let in leaves nothing behind.
        boolean joins = config.cluster().existing() && !DataDirectory.isUsed(config.dataDir());
        if (joins) {
            recovery.joining();
        }
        Joining.@Nullable Place place = joins ? new Joining(config).await() : null;
        recovery.opening();
        DataDirectory directory = DataDirectory.open(config.dataDir());
        @Nullable SqliteLog log = null;
        @Nullable SqliteState file = null;
        try {
            log = directory.fresh() ? found(config, directory, place) : SqliteLog.open(directory, null);
            Identity identity = whose(directory, log);
            file = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            StateImage image = file.image();
            StateMeta inFile = image.meta();
            ReplicatedState state = ReplicatedState.recover(recovery.reading(image), file, stateLimits());
            if (log.retired() || state.members().wasRemoved(identity.memberId())) {
                throw new StartException(Retirement.removedText("member " + Long.toHexString(identity.memberId())));
            }
            if (state.members().isEmpty()) {
                // Also after a first start that ended before its first flush.
                state.bootstrap(
                        log.firstMembers().isEmpty() ? InitialCluster.of(config).members() : log.firstMembers());
            }
            RecoveredLog recovered = log.recover(inFile);
            checkWhose(config, directory, identity, log, state, recovered);
            return new MemberFiles(directory, log, new AtomicReference<>(file), identity, state, recovered);
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

    /** What this process's heap allows the state in memory. */
    static StateLimits stateLimits() {
        HeapShares heap = HeapShares.ofThisProcess();
        return new StateLimits(heap.valueCacheBytes(), heap.ringBytes());
    }

    /** The state file there is now. */
    SqliteState file() {
        return Objects.requireNonNull(current.get());
    }

    /** A first start: of a new cluster, or as a member that an existing one has in its list. */
    private static SqliteLog found(AgentConfig config, DataDirectory directory, Joining.@Nullable Place asked) {
        if (config.cluster().existing()) {
            Joining.Place place = asked == null ? new Joining(config).await() : asked;
            ClusterPicture cluster = place.picture();
            return SqliteLog.found(
                    directory,
                    new Identity(cluster.clusterId(), place.self().id()),
                    cluster.firstMembers(),
                    cluster.directories());
        }
        InitialCluster initial = InitialCluster.of(config);
        return SqliteLog.found(directory, initial.identity(), initial.members(), Map.of());
    }

    private static Identity whose(DataDirectory directory, SqliteLog log) {
        Identity identity = log.identity();
        if (identity == null) {
            throw new StartException(directory.path() + " has a log that is no member's");
        }
        return identity;
    }

    /** An existing directory wins over the flags of a first start, unless they are clearly another member's. */
    private static void checkWhose(
            AgentConfig config,
            DataDirectory directory,
            Identity stored,
            SqliteLog log,
            ReplicatedState state,
            RecoveredLog recovered) {
        List<HttpUrl> given = config.cluster().initialCluster().get(config.name());
        MemberRow self = state.members().get(stored.memberId());
        if (given == null || self == null) {
            return;
        }
        List<String> urls = sorted(given.stream().map(HttpUrl::toString).toList());
        // It may have moved since: then flags of its first start are as good as new ones.
        boolean first = log.firstMembers().stream()
                .anyMatch(row ->
                        row.id() == stored.memberId() && sorted(row.peerUrls()).equals(urls));
        if (!first && !sorted(self.peerUrls()).equals(urls) && !moves(stored.memberId(), urls, recovered)) {
            throw new StartException(directory.path() + " belongs to member " + Long.toHexString(stored.memberId())
                    + " of cluster " + Long.toHexString(stored.clusterId()) + " with peer URLs " + self.peerUrls()
                    + ", but --initial-cluster has " + config.name() + " at " + urls
                    + ": use another --data-dir, or leave --initial-cluster out");
        }
    }

    /** Whether the log, which the state has yet to catch up with, says that the member is at these URLs now. */
    private static boolean moves(long member, List<String> urls, RecoveredLog recovered) {
        for (Entry entry : recovered.tail()) {
            Command command = entry.kind() == EntryKind.NORMAL ? Command.decode(entry.data()) : null;
            if (command != null && command.kind() == CommandKind.MEMBER_UPDATE) {
                try {
                    MemberUpdateRequest update = MemberUpdateRequest.parseFrom(command.body());
                    if (update.getID() == member
                            && sorted(update.getPeerURLsList()).equals(urls)) {
                        return true;
                    }
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException("entry " + entry + " has a body that is no MEMBER_UPDATE", e);
                }
            }
        }
        return false;
    }

    private static List<String> sorted(List<String> urls) {
        return urls.stream().sorted().toList();
    }

    /** Which member has which data directory, this one included. */
    Map<Long, UUID> directories() {
        Map<Long, UUID> all = new TreeMap<>(log.boundDirectories());
        all.put(identity.memberId(), directory.directoryId());
        return all;
    }

    @Override
    public void close() {
        log.close();
        file().close();
        directory.close();
    }
}
