package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.client.Endpoint;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The endpoints of a service, as an agent tells of each change of them. */
final class LookupStream implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;

    private final Socket socket;
    private final BufferedReader lines;

    private LookupStream(Socket socket) throws IOException {
        this.socket = socket;
        this.lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Opens it; whatever is registered from now on is told. */
    static LookupStream open(Endpoint endpoint, String service) throws IOException {
        Socket socket = new Socket(endpoint.host(), endpoint.port());
        socket.setSoTimeout(TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        String request = "GET /v1/services/" + service + " HTTP/1.1\r\nHost: " + endpoint
                + "\r\nAccept: text/event-stream\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        LookupStream stream = new LookupStream(socket);
        stream.awaitLine("data:");
        return stream;
    }

    /** Waits until an instance is listed. */
    void awaitInstance(String id) throws IOException {
        awaitLine("\"id\":\"" + id + "\"");
    }

    private void awaitLine(String part) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains(part)) {
                return;
            }
        }
        throw new EOFException("the stream of events was ended");
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
