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
import dev.rollcall.storage.sqlite.SqliteState;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A single member's data directory, opened and recovered as at a start, and compared with what a member that never failed
 * would hold at that entry. What the latter holds is learnt from the logs that are opened.
 */
final class RecoveredStore {
    private final Map<Long, Integer> hashes = new HashMap<>();
    private @Nullable ReplicatedState reference;
    private int behind;

    void check(Path left, long acknowledgedRevision) {
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
            }
        }
    }

    private void refer(SqliteLog log, RecoveredLog recovered) {
        ReplicatedState known = reference;
        if (known == null) {
            known = ReplicatedState.recover(StateImage.empty(), row -> null, StateLimits.DEFAULTS);
            known.bootstrap(log.firstMembers());
            hashes.put(0L, known.stateHash());
            reference = known;
        }
        for (Entry entry : recovered.tail()) {
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
}
