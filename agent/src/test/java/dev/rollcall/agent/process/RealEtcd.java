package dev.rollcall.agent.process;

import dev.rollcall.agent.client.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** An etcd of one member, as it is installed on this machine. */
final class RealEtcd implements AutoCloseable {
    private final List<Integer> ports = TestCluster.ports(2);
    private final Program program;

    RealEtcd(Path directory) {
        String client = "http://127.0.0.1:" + ports.get(0);
        String peer = "http://127.0.0.1:" + ports.get(1);
        try {
            program = Program.start(List.of(
                    "etcd",
                    "--name=real",
                    "--data-dir=" + directory.resolve("real"),
                    "--listen-client-urls=" + client,
                    "--advertise-client-urls=" + client,
                    "--listen-peer-urls=" + peer,
                    "--initial-advertise-peer-urls=" + peer,
                    "--initial-cluster=real=" + peer,
                    "--log-level=error"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return ports.get(0);
    }

    @Override
    public void close() {
        program.close();
    }
}
