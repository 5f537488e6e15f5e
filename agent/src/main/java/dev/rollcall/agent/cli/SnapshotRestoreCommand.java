package dev.rollcall.agent.cli;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.ConfigLoader;
import dev.rollcall.agent.member.RestoredCluster;
import dev.rollcall.agent.member.StartException;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.sqlite.SavedSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "restore",
        description =
                "Makes the data directory of a member of a new cluster that begins with a saved snapshot. Every member"
                        + " is made from the same file; then they are started with the same flags.",
        footer = {
            "",
            "Example: rollcall snapshot restore backup.db --name n1 --data-dir n1.rollcall"
                    + " --initial-cluster n1=http://a:2380,n2=http://b:2380 --initial-advertise-peer-urls http://a:2380"
        })
final class SnapshotRestoreCommand extends SnapshotFileCommand {
    @Option(names = "--name", paramLabel = "NAME", description = "the member (default: default)")
    private @Nullable String name;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "its directory, new (default: NAME.rollcall)")
    private @Nullable String dataDir;

    @Option(
            names = "--initial-cluster",
            paramLabel = "NAME=URL,..",
            description = "every member of the new cluster (default: this one alone)")
    private @Nullable String initialCluster;

    @Option(
            names = "--initial-advertise-peer-urls",
            paramLabel = "URL,..",
            description = "where peers reach this member (default: as in --initial-cluster)")
    private @Nullable String advertise;

    @Option(names = "--initial-cluster-token", paramLabel = "TOKEN", description = "keeps clusters apart")
    private @Nullable String token;

    @Override
    String on(SavedSnapshot snapshot) throws IOException {
        AgentConfig config = config();
        try {
            RestoredCluster cluster = RestoredCluster.of(config, snapshot.hash());
            StateMeta restored = snapshot.restore(config.dataDir(), cluster.identity(), cluster.members());
            return config.dataDir() + " is member "
                    + Long.toHexString(cluster.identity().memberId()) + " of the new cluster "
                    + Long.toHexString(cluster.identity().clusterId()) + " at revision " + restored.revision();
        } catch (StartException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    /** The flags mean what they mean to an agent. */
    private AgentConfig config() {
        List<String> flags = new ArrayList<>();
        add(flags, "--name", name);
        add(flags, "--data-dir", dataDir);
        add(flags, "--initial-cluster", initialCluster);
        add(flags, "--initial-advertise-peer-urls", advertise);
        add(flags, "--initial-cluster-token", token);
        try {
            return ConfigLoader.load(flags.toArray(String[]::new), Map.of());
        } catch (ConfigException e) {
            throw usage(e.line());
        }
    }

    private static void add(List<String> flags, String flag, @Nullable String value) {
        if (value != null) {
            flags.add(flag + "=" + value);
        }
    }
}
