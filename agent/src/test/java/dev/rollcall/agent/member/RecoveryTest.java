package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private final Recovery recovery = new Recovery();
    private long applied = 7;
    private long committed = 7;
    private @Nullable String arriving;

    @Test
    void saysWhatIsDoneFirst() {
        assertEquals("opening the data directory", recovery.text());
        recovery.joining();
        assertEquals("asking the cluster for this member's place in it", recovery.text());
        recovery.opening();
        assertEquals("checking the log", recovery.text());
        recovery.done();
        assertNull(recovery.text());
    }

    /** Two rows of each of the revisions 2, 4, 6, 8 and 10. */
    @Test
    void countsRowsAndRevisionsAsTheyAreRead() {
        List<String> seen = new ArrayList<>();
        recovery.reading(image(10)).forEachRow(row -> seen.add(recovery.text()));
        assertEquals(10, seen.size());
        assertEquals("reading the state file: 1 rows, to revision 2 of 10, 20%", seen.get(0));
        assertEquals("reading the state file: 5 rows, to revision 6 of 10, 60%", seen.get(4));
        assertEquals("reading the state file: 10 rows, to revision 10 of 10, 100%", seen.get(9));
    }

    @Test
    void anEmptyStoreIsReadAtOnce() {
        recovery.reading(image(0)).forEachRow(row -> {});
        assertEquals("reading the state file: 0 rows, to revision 0 of 0, 100%", recovery.text());
    }

    @Test
    void aSnapshotTakesThePlaceOfTheLog() {
        recovery.replaying(info());
        committed = 107;
        arriving = "receiving the snapshot at entry 90";
        assertEquals(arriving, recovery.text());
        arriving = null;
        assertEquals("replaying the log: entry 0 of 100, 0%", recovery.text());
    }

    @Test
    void followsTheReplayOfTheLogUntilItServes() {
        recovery.replaying(info());
        assertNull(recovery.text(), "nothing is known to be missing");
        committed = 107;
        assertEquals("replaying the log: entry 0 of 100, 0%", recovery.text());
        applied = 32;
        assertEquals("replaying the log: entry 25 of 100, 25%", recovery.text());
        applied = 107;
        assertNull(recovery.text());
        committed = 200;
        recovery.done();
        assertNull(recovery.text(), "whoever lags later does not start");
    }

    private static StateImage image(long revision) {
        return new StateImage() {
            @Override
            public StateMeta meta() {
                return new StateMeta(7, 1, revision, 0, 0);
            }

            @Override
            public List<LeaseRow> leases() {
                return List.of();
            }

            @Override
            public List<AlarmRow> alarms() {
                return List.of();
            }

            @Override
            public List<MemberRow> members() {
                return List.of();
            }

            @Override
            public void forEachRow(Consumer<KvRow> consumer) {
                for (long main = 2; main <= revision; main += 2) {
                    for (int sub = 0; sub < 2; sub++) {
                        consumer.accept(new KvRow(main, sub, new byte[] {1}, main, 1, 0, false, new byte[0]));
                    }
                }
            }
        };
    }

    private MemberInfo info() {
        return new MemberInfo() {
            @Override
            public @Nullable String arriving() {
                return arriving;
            }

            @Override
            public long clusterId() {
                return 1;
            }

            @Override
            public long memberId() {
                return 1;
            }

            @Override
            public SoftState soft() {
                return new SoftState(1, 0, Role.FOLLOWER);
            }

            @Override
            public long commitIndex() {
                return committed;
            }

            @Override
            public long appliedIndex() {
                return applied;
            }

            @Override
            public long durableIndex() {
                return committed;
            }

            @Override
            public long dbSizeBytes() {
                return 1;
            }

            @Override
            public long dbSizeInUseBytes() {
                return 1;
            }

            @Override
            public long dbSizeQuotaBytes() {
                return 1;
            }

            @Override
            public long indexQuotaBytes() {
                return Long.MAX_VALUE;
            }

            @Override
            public boolean shortOfSpace() {
                return false;
            }
        };
    }
}
