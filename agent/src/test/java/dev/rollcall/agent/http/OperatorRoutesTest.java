package dev.rollcall.agent.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.ConfigLoader;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.Member;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorRoutesTest {
    private static final Vertx VERTX = Vertx.vertx();

    private final ScriptedBackend backend = new ScriptedBackend();
    private final ScriptedBackend second = new ScriptedBackend();
    private volatile @Nullable String starting;
    private volatile @Nullable String arriving;
    private Wire member;
    private Wire client;

    @BeforeEach
    void listen() throws Exception {
        member =
                agent(true, Duration.ofSeconds(7), "--name", "n1", "--advertise-client-urls", "http://n1.example:2379");
        client = agent(false, Duration.ofMillis(200), "--join", "n1:2379", "--host-whitelist", "side.example");
    }

    @AfterEach
    void close() {
        member.close();
        client.close();
    }

    @AfterAll
    static void stop() {
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    private Wire agent(boolean holdsStore, Duration timeout, String... args) throws Exception {
        AgentConfig config = load(args);
        Metrics metrics = new Metrics();
        return new Wire(
                VERTX,
                (vertx, router) -> OperatorRoutes.mount(
                        vertx,
                        router,
                        new OperatorRoutes.Parts(
                                config,
                                new BackendHealth(backend, holdsStore, timeout, () -> starting, () -> arriving),
                                metrics,
                                backend,
                                this::status)));
    }

    private static AgentConfig load(String... args) throws ConfigException {
        return ConfigLoader.load(args, Map.of("HOSTNAME", "box-7.lan"));
    }

    /** The second member answers, the third does not. */
    private Future<Buffer> status(String clientUrl, long timeoutMs) {
        return clientUrl.contains("n2")
                ? Future.succeededFuture(second.status())
                : Promise.<Buffer>promise().future();
    }

    @Test
    void healthyMember() throws Exception {
        Wire.Answer answer = member.get("/health");
        assertEquals(200, answer.status());
        assertEquals("{\"health\":\"true\",\"reason\":\"\"}", answer.body());
        assertEquals("ok\n", member.get("/livez").body());
        assertEquals("ok\n", member.get("/readyz").body());
        assertEquals("""
                [+]data_corruption ok
                [+]serializable_read ok
                [+]linearizable_read ok
                [+]non_learner ok
                ok
                """, member.get("/readyz?verbose").body());
        assertEquals(
                "[+]serializable_read ok\nok\n",
                member.get("/livez/serializable_read?verbose").body());
    }

    @Test
    void aSnapshotOnItsWayIsTold() throws Exception {
        arriving = "receiving the snapshot at entry 7: 1 of 4 bytes, 25%";
        String line = "[i]snapshot: receiving the snapshot at entry 7: 1 of 4 bytes, 25%\n";
        assertEquals("ok\n", member.get("/readyz").body());
        assertTrue(member.get("/readyz?verbose").body().endsWith("[+]non_learner ok\n" + line + "ok\n"));
        backend.alarms.add(AlarmType.CORRUPT);
        assertTrue(member.get("/readyz").body().endsWith(line));
    }

    @Test
    void anAlarmIsUnhealthyUnlessExcluded() throws Exception {
        backend.alarms.add(AlarmType.NOSPACE);
        Wire.Answer answer = member.get("/health");
        assertEquals(503, answer.status());
        assertEquals("{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}", answer.body());
        assertEquals(200, member.get("/health?exclude=NOSPACE").status());
        assertEquals(200, member.get("/readyz").status());
        backend.alarms.add(AlarmType.CORRUPT);
        assertEquals(
                "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}",
                member.get("/health?exclude=NOSPACE").body());
        Wire.Answer ready = member.get("/readyz");
        assertEquals(503, ready.status());
        assertTrue(ready.body()
                .startsWith("[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n"));
        assertEquals(200, member.get("/readyz?exclude=data_corruption").status());
        assertEquals(200, member.get("/livez").status());
    }

    @Test
    void withoutLeader() throws Exception {
        backend.leader = 0;
        backend.linearizableFails = EtcdError.NO_LEADER.exception();
        assertEquals(
                "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}",
                member.get("/health").body());
        assertEquals(200, member.get("/health?serializable=true").status());
        assertEquals(200, member.get("/livez").status());
        assertEquals(
                "[-]linearizable_read failed: etcdserver: no leader\n",
                member.get("/readyz/linearizable_read").body());
        assertEquals(503, member.get("/readyz").status());
    }

    @Test
    void readsThatFail() throws Exception {
        backend.linearizableFails = EtcdError.TIMEOUT.exception();
        assertEquals(
                "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}",
                member.get("/health").body());
        backend.serializableFails = EtcdError.CORRUPT.exception();
        assertEquals(
                "[-]serializable_read failed: etcdserver: corrupt cluster\n",
                member.get("/livez").body());
    }

    @Test
    void whileItRecovers() throws Exception {
        starting = "reading the state file: 3 rows, to revision 5 of 10, 50%";
        Wire.Answer ready = member.get("/readyz?verbose");
        assertEquals(503, ready.status());
        assertEquals("[-]recovery failed: " + starting + "\n", ready.body());
        assertEquals(ready.body(), member.get("/readyz").body());
        assertEquals("ok\n", member.get("/livez").body());
        assertEquals(
                "[+]recovery under way: " + starting + "\nok\n",
                member.get("/livez?verbose").body());
        assertEquals(
                "{\"health\":\"false\",\"reason\":\"STARTING:" + starting + "\"}",
                member.get("/health").body());
        starting = null;
        assertEquals("ok\n", member.get("/readyz").body());
    }

    @Test
    void aLearnerIsNotReady() throws Exception {
        backend.learner = true;
        assertEquals(
                "[-]non_learner failed: not supported for learner\n",
                member.get("/readyz/non_learner").body());
        assertEquals(200, member.get("/health").status());
    }

    @Test
    void whoIsRefusedWasAnswered() throws Exception {
        backend.linearizableFails = EtcdError.USER_EMPTY.exception();
        assertEquals(200, client.get("/readyz").status());
        backend.linearizableFails = EtcdError.PERMISSION_DENIED.exception();
        assertEquals(200, client.get("/health").status());
    }

    @Test
    void aClientIsAsHealthyAsItsUpstream() throws Exception {
        backend.alarms.add(AlarmType.NOSPACE);
        backend.serializableFails = EtcdError.UNHEALTHY.exception();
        assertEquals(200, client.get("/health").status());
        assertEquals(
                "[+]linearizable_read ok\nok\n", client.get("/readyz?verbose").body());
        backend.silent = true;
        assertEquals(
                "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}",
                client.get("/health").body());
        assertEquals(503, client.get("/readyz").status());
        assertEquals("ok\n", client.get("/livez").body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/livez", "/readyz", "/readyz/linearizable_read", "/version"})
    void onlyGet(String path) throws Exception {
        Wire.Answer post = member.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n");
        assertEquals(405, post.status());
        assertEquals("Method Not Allowed\n", post.body());
        assertTrue(post.has("Allow: GET"));
        Wire.Answer head = member.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        assertEquals(405, head.status());
        assertEquals("", head.body());
    }

    @Test
    void versionsOfBoth() throws Exception {
        assertEquals(
                "{\"etcdserver\":\"3.6.0\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\",\"rollcall\":\"0.1.0\"}",
                member.get("/version").body());
    }

    @Test
    void unknownPathsAreProblems() throws Exception {
        Wire.Answer answer = member.get("/nowhere");
        assertEquals(404, answer.status());
        assertEquals("there is no /nowhere", new JsonObject(answer.body()).getString("detail"));
    }

    @Test
    void metricsCountHealth() throws Exception {
        assertEquals(200, member.get("/health").status());
        backend.linearizableFails = EtcdError.TIMEOUT.exception();
        assertEquals(503, member.get("/health").status());
        assertEquals(503, member.get("/readyz").status());
        Wire.Answer answer = member.get("/metrics");
        assertTrue(answer.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
        List<String> lines = answer.body().lines().toList();
        assertTrue(lines.contains("etcd_server_health_success 1"));
        assertTrue(lines.contains("etcd_server_health_failures 1"));
        assertTrue(lines.contains("etcd_server_healthcheck{name=\"linearizable_read\",type=\"readyz\"} 0"));
        assertTrue(lines.contains("etcd_server_healthcheck{name=\"serializable_read\",type=\"readyz\"} 1"));
        assertTrue(lines.contains(
                "etcd_server_healthchecks_total{name=\"linearizable_read\",status=\"error\",type=\"readyz\"} 1"));
        assertEquals(
                200,
                member.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n").status());
    }

    @Test
    void membersSayWhatTheyKnow() throws Exception {
        second.id = 0xABCDEF0123456789L;
        second.leader = second.id;
        second.term = 8;
        backend.members.add(voter(1, "n1"));
        backend.members.add(voter(second.id, "n2"));
        backend.members.add(voter(3, "n3").toBuilder().setIsLearner(true).build());
        JsonArray members = new JsonArray(member.get("/v1/members").body());
        assertEquals(
                new JsonObject()
                        .put("id", "1")
                        .put("name", "n1")
                        .put("role", "voter")
                        .put("leader", false)
                        .put("term", 7)
                        .put("applied", 41)
                        .put("peerUrls", List.of("http://n1:2380"))
                        .put("clientUrls", List.of("http://n1:2379")),
                members.getJsonObject(0));
        assertEquals("abcdef0123456789", members.getJsonObject(1).getString("id"));
        assertTrue(members.getJsonObject(1).getBoolean("leader"));
        JsonObject third = members.getJsonObject(2);
        assertEquals("learner", third.getString("role"));
        assertTrue(third.containsKey("term"));
        assertEquals(null, third.getValue("term"));
        assertEquals(null, third.getValue("applied"));
        Wire.Answer post = member.send("POST /v1/members HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n");
        assertEquals(405, post.status());
        assertTrue(post.has("application/problem+json"));
        assertTrue(post.has("Allow: GET"));
    }

    @Test
    void theMemberListNeedsAMember() throws Exception {
        backend.silent = true;
        Wire.Answer answer = member.get("/v1/members");
        assertEquals(503, answer.status());
        assertTrue(answer.has("application/problem+json"));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:2379, 200",
        "[::1]:2379, 200",
        "localhost, 200",
        "LOCALHOST.:2379, 200",
        "box-7.lan, 200",
        "box-7, 200",
        "n1.example:2379, 200",
        "evil.example, 421",
        "evil.example:2379, 421",
        "n1.example.evil.example, 421",
        "1.2.3.4.evil.example, 421",
        "side.example, 421"
    })
    void onlyOwnNamesAreAnswered(String host, int status) throws Exception {
        assertEquals(
                status,
                member.send("GET /version HTTP/1.1\r\nHost: " + host + "\r\n").status());
    }

    @Test
    void otherNamesAreAnsweredIfListed() throws Exception {
        assertEquals(
                200,
                client.send("GET /version HTTP/1.1\r\nHost: side.example\r\n").status());
        Wire.Answer refused = client.send("GET /version HTTP/1.1\r\nHost: evil.example\r\n");
        assertEquals(421, refused.status());
        assertTrue(refused.body().contains("--host-whitelist"));
        try (Wire any = agent(false, Duration.ofSeconds(1), "--join", "a:1", "--host-whitelist", "*")) {
            assertEquals(
                    200,
                    any.send("GET /version HTTP/1.1\r\nHost: evil.example\r\n").status());
        }
        assertEquals(200, client.send("GET /version HTTP/1.0\r\n").status());
    }

    @Test
    void otherOriginsAreNotAnswered() throws Exception {
        Wire.Answer answer = member.send("GET /version HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n");
        assertFalse(answer.has("Access-Control-Allow-Origin"));
    }

    private static Member voter(long id, String name) {
        return Member.newBuilder()
                .setID(id)
                .setName(name)
                .addPeerURLs("http://" + name + ":2380")
                .addClientURLs("http://" + name + ":2379")
                .build();
    }
}
