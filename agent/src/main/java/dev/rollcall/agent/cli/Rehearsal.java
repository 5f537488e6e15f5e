package dev.rollcall.agent.cli;

import dev.rollcall.agent.Agent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An agent's start for show, on loopback, ended once it is ready: the JVM has loaded by then what a start needs, and can write
 * it into a class-data archive when it exits. Only one role in a process, and as little else as possible: what is in the
 * archive and not needed costs memory at every start.
 */
public final class Rehearsal {
    private static final long READY_TIMEOUT_NANOS = Duration.ofSeconds(60).toNanos();
    private static final long LOOK_MS = 20;
    private static final int ANSWER_TIMEOUT_MS = 5_000;

    private Rehearsal() {}

    /** @param args the role, {@code voter} or {@code client}, and a directory for data, which the caller deletes */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<Integer> ports = freePorts(3);
        List<String> voter = voter(Path.of(args[1]), ports.get(0), ports.get(1));
        // Exit, not return: the hook that ends the agent belongs to the performance.
        System.exit(
                (args[0].equals("client") ? client(voter, ports.get(0), ports.get(2)) : plays(voter, ports.get(0)))
                        ? 0
                        : 1);
    }

    private static List<String> voter(Path directory, int clientPort, int peerPort) {
        return List.of(
                "--name=rehearsal",
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + url(clientPort),
                "--advertise-client-urls=" + url(clientPort),
                "--listen-peer-urls=" + url(peerPort),
                "--initial-advertise-peer-urls=" + url(peerPort),
                "--initial-cluster=rehearsal=" + url(peerPort));
    }

    private static boolean client(List<String> voter, int voterPort, int port)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "agent"));
        command.addAll(voter);
        Process store = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return plays(List.of("--join=127.0.0.1:" + voterPort, "--listen-client-urls=" + url(port)), port);
        } finally {
            store.destroyForcibly();
        }
    }

    /** Runs an agent with these flags until it is ready; false if that takes too long. */
    private static boolean plays(List<String> flags, int port) throws InterruptedException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Thread agent = new Thread(() -> new Main(Map.of(), nowhere, nowhere, Agent::run).run(flags), "rehearsal");
        agent.setDaemon(true);
        agent.start();
        long deadline = System.nanoTime() + READY_TIMEOUT_NANOS;
        while (!ready(port)) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(LOOK_MS);
        }
        return true;
    }

    /** Whether the agent says so. Over a bare socket, for the archive's sake. */
    private static boolean ready(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(ANSWER_TIMEOUT_MS);
            String request = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.startsWith("HTTP/1.1 200");
        } catch (IOException e) {
            return false;
        }
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }
}
