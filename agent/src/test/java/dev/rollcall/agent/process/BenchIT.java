package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.agent.client.Program;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rollcall bench} against a real agent and against a real etcd: every load is carried out whole by both. */
class BenchIT {
    private static final List<List<String>> LOADS = List.of(
            List.of("put", "--total", "500", "--clients", "20"),
            List.of("range", "--total", "500", "--key-space", "200", "--consistency", "l"),
            List.of("range", "--total", "500", "--key-space", "200", "--consistency", "s"),
            List.of("txn", "--total", "300", "--key-space", "200"),
            List.of("mixed", "--total", "500", "--key-space", "200"),
            List.of("lease-keepalive", "--total", "500", "--clients", "20"),
            List.of("watch", "--total", "20", "--clients", "50"),
            List.of("watch-latency", "--total", "20", "--clients", "50", "--rate", "200"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @Test
    void againstAnAgent() throws IOException, InterruptedException {
        try (AgentProcess agent = AgentProcess.singleVoter("n0", directory)) {
            agent.start();
            Eventually.holds("the agent serves", () -> answers(agent.clientPort()));
            carryOut(agent.clientPort());
        }
    }

    @Test
    void againstAnEtcd() throws IOException, InterruptedException {
        Program.assume("etcd");
        try (RealEtcd etcd = new RealEtcd(directory)) {
            Eventually.holds("etcd serves", () -> answers(etcd.port()));
            carryOut(etcd.port());
        }
    }

    private static boolean answers(int port) {
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static void carryOut(int port) throws IOException, InterruptedException {
        for (List<String> load : LOADS) {
            List<String> command = new ArrayList<>(rollcall());
            command.add("bench");
            command.addAll(load);
            command.addAll(List.of("--endpoints", "127.0.0.1:" + port, "-w", "json"));
            JsonObject result = new JsonObject(Program.run(0, command));
            boolean watch = load.get(0).startsWith("watch");
            assertEquals(0, result.getLong("failed"), result.encode());
            assertEquals(watch ? 1_000 : Long.parseLong(load.get(2)), result.getLong(watch ? "events" : "operations"));
        }
    }

    /** Start line of this build's commands. */
    static List<String> rollcall() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("rollcall.jar"));
    }
}
