package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.sqlite.DataDirectory;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteSnapshots.Generation;
import dev.rollcall.storage.sqlite.SqliteState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A member's data directory, opened and recovered as at a start, and compared with what a member that never failed would hold
 * at that entry. What the latter holds is learnt from the logs that are opened, and from the log of another member.
 */
final class RecoveredStore {
    private final List<Entry> others;
    private final @Nullable ArrivedSnapshot arrived;
    private final Map<Long, Integer> hashes = new HashMap<>();
    private @Nullable ReplicatedState reference;
    private int behind;
    private int truncated;
    private int installed;
    private int completed;

    /** Of a member that was alone. */
    RecoveredStore() {
        this(List.of(), null);
    }

    /**
     * @param others entries that the member may lack because it was sent a snapshot
     * @param arrived that snapshot
     */
    RecoveredStore(List<Entry> others, @Nullable ArrivedSnapshot arrived) {
        this.others = others;
        this.arrived = arrived;
    }

    /** All that is in the log of a member that has ended, which must begin at the beginning. */
    static List<Entry> entries(Path data) {
        try (DataDirectory opened = DataDirectory.open(data);
                SqliteLog log = SqliteLog.open(opened, null)) {
            List<Entry> entries = log.recover(StateImage.empty().meta()).tail();
            assertEquals(1, entries.get(0).index());
            return entries;
        }
    }

    void check(Path left, long acknowledgedRevision) throws IOException {
        try (DataDirectory opened = DataDirectory.open(left)) {
            if (opened.fresh()) {
                assertEquals(0, acknowledgedRevision, "the directory is as new");
                return;
            }
            try (SqliteLog log = SqliteLog.open(opened, null);
                    SqliteState file = SqliteState.open(opened, opened.stateFileName(), log::durableIndex)) {
                StateImage image = file.image();
                ReplicatedState state = ReplicatedState.recover(image, file, StateLimits.DEFAULTS);
                RecoveredLog recovered = log.recover(image.meta());
                if (state.members().isEmpty()) {
                    state.bootstrap(log.firstMembers());
                }
                if (state.applied() > 0 && state.applied() < recovered.lastIndex()) {
                    behind++;
                }
                // Both ends of the log meet the state file.
                assertTrue(recovered.snapshotIndex() <= state.applied() && state.applied() <= recovered.lastIndex());
                truncated += recovered.snapshotIndex() > 0 ? 1 : 0;
                refer(log, recovered);
                // What the log holds above the state file, which must be all of it.
                recovered.tail().stream()
                        .filter(entry -> entry.index() > state.applied())
                        .forEach(state::apply);
                assertEquals(recovered.lastIndex(), state.applied());
                assertEquals(hashes.get(state.applied()), state.stateHash(), "at entry " + state.applied());
                assertTrue(
                        state.kv().revision() >= acknowledgedRevision,
                        () -> "revision " + state.kv().revision() + ", acknowledged was " + acknowledgedRevision);
                assertEquals(List.of(opened.stateFileName()), stateFiles(left), "other generations are gone");
                if (arrived != null) {
                    complete(arrived, opened, log, file, state);
                }
            }
        }
    }

    /** Either the snapshot is in its place, or whatever is left of it is of use, or of no harm, when it is sent again. */
    private void complete(
            ArrivedSnapshot snapshot, DataDirectory opened, SqliteLog log, SqliteState file, ReplicatedState state) {
        if (state.applied() >= snapshot.index()) {
            installed++;
            return;
        }
        Generation next = snapshot.complete(opened, log, file, state);
        assertEquals(hashes.get(snapshot.index()), next.state().stateHash(), "the snapshot");
        next.file().close();
        completed++;
    }

    private static List<String> stateFiles(Path left) throws IOException {
        try (Stream<Path> files = Files.list(left)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("state-") && name.endsWith(".db"))
                    .toList();
        }
    }

    private void refer(SqliteLog log, RecoveredLog recovered) {
        ReplicatedState known = reference;
        if (known == null) {
            known = ReplicatedState.recover(StateImage.empty(), row -> null, StateLimits.DEFAULTS);
            known.bootstrap(log.firstMembers());
            hashes.put(0L, known.stateHash());
            reference = known;
            learn(known, others);
        }
        learn(known, recovered.tail());
    }

    private void learn(ReplicatedState known, List<Entry> entries) {
        for (Entry entry : entries) {
            if (entry.index() > known.applied()) {
                known.apply(entry);
                hashes.put(known.applied(), known.stateHash());
            }
        }
    }

    /** How often the state file was behind the log, though not at its beginning. */
    int behind() {
        return behind;
    }

    /** How often the log no longer began at the beginning. */
    int truncated() {
        return truncated;
    }

    /** How often the snapshot that arrived was in its place. */
    int installed() {
        return installed;
    }

    /** How often it was not, and could be sent again. */
    int completed() {
        return completed;
    }

    @Override
    public String toString() {
        return "state behind the log at " + behind + ", log cut at " + truncated + ", snapshot in place at " + installed
                + ", sent again at " + completed;
    }
}
