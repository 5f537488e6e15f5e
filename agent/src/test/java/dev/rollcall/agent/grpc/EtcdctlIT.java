package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Program;
import dev.rollcall.storage.error.EtcdError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wire as etcdctl sees it, over grpc-go; skipped where there is no etcdctl. */
class EtcdctlIT {
    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private String endpoint = "";

    @BeforeEach
    void serve() {
        Program.assume("etcdctl");
        endpoint = Wire.endpoint(wire.serve(backend)).toString();
    }

    @AfterEach
    void close() {
        wire.close();
    }

    @Test
    void keysAreWrittenReadAndDeleted() throws Exception {
        assertEquals("OK\n", ctl(0, "put", "k", "v"));
        assertEquals("k\nv\n", ctl(0, "get", "k"));
        assertEquals("1\n", ctl(0, "del", "k"));
        assertEquals("", ctl(0, "get", "", "--prefix"));
        assertTrue(ctl(0, "member", "list").contains("m1"));
        assertTrue(ctl(0, "endpoint", "health").contains("is healthy"));
        assertTrue(ctl(0, "endpoint", "status").contains("3.6.0"));
    }

    @Test
    void errorsAreShownWithTheirText() throws Exception {
        backend.fail(EtcdMethod.PUT, EtcdError.NO_SPACE.exception());
        assertTrue(ctl(1, "put", "k", "v").contains("etcdserver: mvcc: database space exceeded"));
        assertTrue(ctl(1, "lease", "revoke", "abc").contains("etcdserver: requested lease not found"));
    }

    @Test
    void leasesAndTransactions() throws Exception {
        String granted = ctl(0, "lease", "grant", "60");
        String id = granted.split(" ", -1)[1];
        assertEquals("lease " + id + " granted with TTL(60s)\n", granted);
        assertEquals("OK\n", ctl(0, "put", "k", "v", "--lease=" + id));
        assertEquals("lease " + id + " keepalived with TTL(60)\n", ctl(0, "lease", "keep-alive", "--once", id));
        assertEquals("lease " + id + " revoked\n", ctl(0, "lease", "revoke", id));
        assertEquals("", ctl(0, "get", "k"));
    }

    @Test
    void watchesPrintWhatHappens() throws Exception {
        ctl(0, "put", "k", "one");
        try (Program watch = Program.start(command("watch", "k", "--rev=2"))) {
            assertEquals(List.of("PUT", "k", "one"), watch.lines(3));
            ctl(0, "put", "k", "two");
            assertEquals(List.of("PUT", "k", "two"), watch.lines(3));
            assertNotEquals(0, backend.openStreams.get());
        }
        wire.until("the watch is gone", () -> backend.openStreams.get() == 0);
    }

    private String ctl(int exit, String... arguments) throws Exception {
        return Program.run(exit, command(arguments));
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints=" + endpoint));
        command.addAll(List.of(arguments));
        return command;
    }
}
