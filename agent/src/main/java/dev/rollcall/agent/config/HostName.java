package dev.rollcall.agent.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The name of this machine. */
final class HostName {
    private HostName() {}

    /** The environment and the kernel know it; asking a name server at the start of a sidecar may take seconds. */
    static String of(Map<String, String> environment) {
        String given = environment.get("HOSTNAME");
        if (given != null && !given.isBlank()) {
            return given.strip();
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException notLinux) {
            return asked();
        }
    }

    private static String asked() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
