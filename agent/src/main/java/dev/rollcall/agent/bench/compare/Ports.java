package dev.rollcall.agent.bench.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Ports of the loopback address, each given out once: a server that is started, or started again, later finds its own still
 * free. They lie below those that systems give to outgoing connections, which would take them meanwhile.
 */
final class Ports {
    private static final int FIRST = 20_000;
    private static final int RANGE = 12_000;

    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(RANGE));

    private Ports() {}

    /** So many that nobody listens on. */
    static List<Integer> free(int count) {
        return Stream.generate(() -> FIRST + Math.floorMod(NEXT.getAndIncrement(), RANGE))
                .limit(RANGE)
                .filter(Ports::isFree)
                .limit(count)
                .toList();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    static String url(int port) {
        return "http://127.0.0.1:" + port;
    }
}
