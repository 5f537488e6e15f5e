package dev.rollcall.agent.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PeerLinksTest {
    private static final int CALLER = 0;
    private static final int LISTENER = 1;
    private static final int BYSTANDER = 2;
    /** How long a silence is listened to. */
    private static final int SILENCE_MS = 200;

    private final PeerLinks links = new PeerLinks();

    @AfterEach
    void close() {
        links.close();
    }

    @Test
    void silenceHoldsBytesBackAndClosesNothing() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int port = links.lead(LISTENER, listener.getLocalPort(), from -> CALLER);
            try (Socket near = new Socket(InetAddress.getLoopbackAddress(), port);
                    Socket far = listener.accept()) {
                near.getOutputStream().write(1);
                assertEquals(1, far.getInputStream().read());
                for (int silent : new int[] {CALLER, LISTENER}) {
                    links.silence(silent);
                    near.getOutputStream().write(2);
                    far.getOutputStream().write(3);
                    near.setSoTimeout(SILENCE_MS);
                    far.setSoTimeout(SILENCE_MS);
                    assertThrows(
                            SocketTimeoutException.class,
                            () -> far.getInputStream().read());
                    assertThrows(
                            SocketTimeoutException.class,
                            () -> near.getInputStream().read());
                    near.setSoTimeout(0);
                    far.setSoTimeout(0);
                    links.restore();
                    assertEquals(2, far.getInputStream().read());
                    assertEquals(3, near.getInputStream().read());
                }
                links.silence(BYSTANDER);
                near.getOutputStream().write(4);
                assertEquals(4, far.getInputStream().read());
            }
        }
    }

    @Test
    void connectionsMadeInSilenceAreSilent() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int port = links.lead(LISTENER, listener.getLocalPort(), from -> CALLER);
            links.silence(LISTENER);
            try (Socket near = new Socket(InetAddress.getLoopbackAddress(), port)) {
                near.getOutputStream().write(1);
                listener.setSoTimeout(SILENCE_MS);
                assertThrows(SocketTimeoutException.class, listener::accept);
                links.restore();
                listener.setSoTimeout(0);
                try (Socket far = listener.accept()) {
                    assertEquals(1, far.getInputStream().read());
                }
            }
        }
    }

    @Test
    void theKernelKnowsWhoseSocketItIs() throws IOException {
        long self = ProcessHandle.current().pid();
        long parent = ProcessHandle.current().parent().orElseThrow().pid();
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Socket near = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort());
                Socket far = listener.accept()) {
            assertEquals(OptionalInt.of(1), SocketOwners.find(far.getPort(), List.of(parent, self)));
            assertEquals(OptionalInt.empty(), SocketOwners.find(near.getLocalPort(), List.of(parent)));
        }
    }

    @Test
    void whatTheKernelSaysOfThisProcess() {
        long self = ProcessHandle.current().pid();
        assertTrue(ProcFiles.cpuUs(self) > 0);
        double mb = ProcFiles.residentMb(self);
        assertTrue(mb > 10 && mb < 10_000, mb + " MB");
    }
}
