package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/** Asks a member about its cluster, before there is anything of a member here. Blocks. */
public final class ClusterQuestion {
    private static final int CONNECT_TIMEOUT_MS = 1_000;
    /** Longer than the answering member waits for its quorum. */
    private static final int ANSWER_TIMEOUT_MS = 5_000;

    private static final int MAGIC = 0x52434C31; // "RCL1"

    private record Answer(FrameType type, Buffer payload) {}

    private ClusterQuestion() {}

    /**
     * The cluster as the member at this URL sees it.
     *
     * @throws IOException if it does not answer, or refuses; the message says why
     */
    public static ClusterPicture ask(URI url) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), CONNECT_TIMEOUT_MS);
            socket.setSoTimeout(ANSWER_TIMEOUT_MS);
            socket.getOutputStream()
                    .write(Frames.of(FrameType.CLUSTER_QUESTION, encode()).getBytes());
            Answer answer = read(socket.getInputStream());
            if (answer.type() == FrameType.REFUSED) {
                throw new IOException(
                        "it refuses: " + Refusal.decode(answer.payload()).why());
            }
            if (answer.type() != FrameType.CLUSTER_PICTURE) {
                throw new IOException("it answers with a frame of type " + answer.type());
            }
            return ClusterPicture.decode(answer.payload());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Answer read(InputStream in) throws IOException {
        Queue<Answer> answers = new ArrayDeque<>();
        Queue<String> garbage = new ArrayDeque<>();
        Frames frames = new Frames((type, payload) -> answers.add(new Answer(type, payload)), garbage::add);
        byte[] chunk = new byte[8192];
        while (answers.isEmpty()) {
            int read = in.read(chunk);
            if (read < 0) {
                throw new IOException("it closes the connection");
            }
            frames.handle(Buffer.buffer(Arrays.copyOf(chunk, read)));
            if (!garbage.isEmpty()) {
                throw new IOException(garbage.remove());
            }
        }
        return answers.remove();
    }

    static byte[] encode() {
        return Buffer.buffer().appendInt(MAGIC).getBytes();
    }

    /** Whether this is the question, from a program that speaks the peer protocol. */
    static boolean is(FrameType type, Buffer payload) {
        return type == FrameType.CLUSTER_QUESTION && payload.length() >= 4 && payload.getInt(0) == MAGIC;
    }
}
