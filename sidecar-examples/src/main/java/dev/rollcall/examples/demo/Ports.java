package dev.rollcall.examples.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;

/** Hands out ports: consecutive ones from a given start, or free ones, never the same twice. */
final class Ports {

    private final Set<Integer> given = new HashSet<>();
    private int next;

    /** @param first the first of consecutive ports, or 0 for any free ones */
    Ports(int first) {
        this.next = first;
    }

    int take() {
        int port = next > 0 ? next++ : free();
        while (!given.add(port)) {
            port = free();
        }
        return port;
    }

    private static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port", e);
        }
    }
}
