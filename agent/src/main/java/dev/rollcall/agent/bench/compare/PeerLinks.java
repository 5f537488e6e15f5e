package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What lies between the members of a cluster: every connection from one to another goes through here, so that one of them can
 * fall silent as a machine does whose cable was pulled. Its connections stay open, as nobody says a word to the contrary; what
 * is written to them arrives when it speaks again. New ones are accepted, and are as silent.
 */
final class PeerLinks implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int NOBODY = -1;

    private final List<ServerSocket> listeners = new ArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object change = new Object();
    private int silent = NOBODY;
    private boolean closed;

    /** Which member made a connection: asked once for each. */
    interface Origin {
        /** The member whose end of a connection has this port. */
        int of(int port);
    }

    /** Opens a port that leads to {@code target}, where {@code member} listens. */
    int lead(int member, int target, Origin origin) {
        try {
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            listeners.add(listener);
            begin("accept-" + member, () -> accept(listener, member, target, origin));
            return listener.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on nothing comes from this member or reaches it. */
    void silence(int member) {
        set(member);
    }

    /** Everything flows again. */
    void restore() {
        set(NOBODY);
    }

    private void set(int member) {
        synchronized (change) {
            silent = member;
            change.notifyAll();
        }
    }

    private void accept(ServerSocket listener, int member, int target, Origin origin) throws IOException {
        while (true) {
            Socket near = listener.accept();
            sockets.add(near);
            begin("link-" + member, () -> {
                try (near) {
                    join(near, member, target, origin);
                }
            });
        }
    }

    private void join(Socket near, int member, int target, Origin origin) throws IOException {
        int from = origin.of(near.getPort());
        awaitSpeech(from, member);
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(far);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        begin("back-" + member, () -> copy(far, near, from, member));
        copy(near, far, from, member);
    }

    private void copy(Socket source, Socket sink, int from, int to) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (source;
                sink) {
            for (int read = source.getInputStream().read(buffer);
                    read >= 0;
                    read = source.getInputStream().read(buffer)) {
                awaitSpeech(from, to);
                sink.getOutputStream().write(buffer, 0, read);
            }
            // Not even the end of a connection is heard.
            awaitSpeech(from, to);
        } finally {
            sockets.remove(source);
            sockets.remove(sink);
        }
    }

    private void awaitSpeech(int from, int to) throws IOException {
        synchronized (change) {
            while (!closed && silent != NOBODY && (silent == from || silent == to)) {
                try {
                    change.wait();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void begin(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | BenchException over) {
                        // An end of the connection is gone, and with it the other: its owner sees that.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        synchronized (change) {
            closed = true;
            change.notifyAll();
        }
        try {
            for (ServerSocket listener : listeners) {
                listener.close();
            }
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
