package dev.rollcall.agent.http.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final Pattern LINE =
            Pattern.compile("# (HELP|TYPE) \\w+ .+|\\w+(\\{(\\w+=\"([^\"\\\\]|\\\\.)*\",?)+})? [-+0-9.eENaInf]+");

    private final Metrics metrics = new Metrics();

    @Test
    void namesComeOutToTheLetter() {
        new EtcdMetrics(metrics).member(new Info());
        new EtcdMetrics(metrics).versions();
        new EtcdMetrics(metrics).leaderChanges().increment();
        List<String> lines = lines();
        assertTrue(lines.contains("# TYPE etcd_server_proposals_committed_total gauge"));
        assertTrue(lines.contains("etcd_server_proposals_committed_total 12"));
        assertTrue(lines.contains("etcd_server_proposals_applied_total 11"));
        assertTrue(lines.contains("etcd_server_has_leader 1"));
        assertTrue(lines.contains("etcd_server_is_leader 0"));
        assertTrue(lines.contains("etcd_server_id{server_id=\"fedcba9876543210\"} 1"));
        assertTrue(lines.contains("etcd_server_quota_backend_bytes 2147483648"));
        assertTrue(lines.contains("etcd_mvcc_db_total_size_in_bytes 8192"));
        assertTrue(lines.contains("etcd_mvcc_db_total_size_in_use_in_bytes 4096"));
        assertTrue(lines.contains("etcd_server_version{server_version=\"3.6.0\"} 1"));
        assertTrue(lines.contains("etcd_cluster_version{cluster_version=\"3.6\"} 1"));
        assertTrue(lines.contains("etcd_server_leader_changes_seen_total 1"));
    }

    @Test
    void histogramsAreCumulativeWithEtcdsBounds() {
        Histogram fsync = new EtcdMetrics(metrics).walFsync();
        fsync.recordNanos(900_000);
        fsync.recordNanos(1_500_000);
        fsync.recordNanos(60_000_000_000L);
        List<String> lines = lines();
        assertTrue(lines.contains("# TYPE etcd_disk_wal_fsync_duration_seconds histogram"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 1"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.002\"} 2"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"8.192\"} 2"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 3"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_count 3"));
        assertTrue(lines.contains("etcd_disk_wal_fsync_duration_seconds_sum 60.0024"));
    }

    @Test
    void theProcessAndTheJvmTellOfThemselves() {
        String page = metrics.page();
        assertTrue(value(page, "process_resident_memory_bytes") > 1_000_000);
        assertTrue(value(page, "os_fd_used") > 0);
        assertTrue(value(page, "os_fd_limit") > 0);
        assertTrue(value(page, "process_cpu_seconds_total") > 0);
        assertTrue(page.contains("jvm_memory_used_bytes{"));
        assertTrue(page.contains("jvm_threads_live_threads "));
    }

    @Test
    void everyLineIsWellFormedAndNoFamilyStandsTwice() {
        metrics.counter("a_total", "x", "l", "quote \" backslash \\ line\n").increment();
        List<String> lines = lines();
        lines.forEach(line -> assertTrue(LINE.matcher(line).matches(), line));
        List<String> types =
                lines.stream().filter(line -> line.startsWith("# TYPE")).toList();
        assertEquals(types.size(), types.stream().distinct().count());
    }

    @Test
    void oneSeriesPerNameAndLabels() {
        Counter counter = metrics.counter("a_total", "x", "l", "1");
        assertSame(counter, metrics.counter("a_total", "x", "l", "1"));
        counter.add(3);
        counter.add(-5);
        assertEquals(3, counter.count());
        assertThrows(IllegalArgumentException.class, () -> metrics.gauge("a_total", "x", "l", "1"));
        assertThrows(IllegalArgumentException.class, () -> metrics.counter("b_total", "x", "odd"));
    }

    private List<String> lines() {
        return metrics.page().lines().toList();
    }

    private static double value(String page, String name) {
        return page.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static final class Info implements MemberInfo {
        @Override
        public long clusterId() {
            return 5;
        }

        @Override
        public long memberId() {
            return 0xFEDCBA9876543210L;
        }

        @Override
        public SoftState soft() {
            return new SoftState(3, 9, Role.FOLLOWER);
        }

        @Override
        public long commitIndex() {
            return 12;
        }

        @Override
        public long appliedIndex() {
            return 11;
        }

        @Override
        public long durableIndex() {
            return 12;
        }

        @Override
        public long dbSizeBytes() {
            return 8192;
        }

        @Override
        public long dbSizeInUseBytes() {
            return 4096;
        }

        @Override
        public long dbSizeQuotaBytes() {
            return 2L << 30;
        }

        @Override
        public boolean shortOfSpace() {
            return false;
        }
    }
}
