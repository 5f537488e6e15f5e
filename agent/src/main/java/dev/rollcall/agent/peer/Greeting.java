package dev.rollcall.agent.peer;

import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGreeting;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * A greeting as it travels. Sent by both sides before anything else, so that a member of another cluster, a stranger on a
 * recycled address or a member that lost its disk is turned away before its first message counts.
 *
 * @param who who speaks, to whom, about which cluster
 * @param stream code of the stream's {@link StreamKind}
 * @param urls where the speaker is reached, for a receiver that does not know it yet; may be empty
 */
record Greeting(PeerGreeting who, int stream, List<URI> urls) {
    static final int FORMAT = 2;
    private static final int MAGIC = 0x52434C31; // "RCL1"
    private static final int FIXED_BYTES = 4 + 1 + 8 + 8 + 8 + 16 + 1;
    private static final int MAX_URLS = 16;

    /** The speaker. */
    long from() {
        return who.member();
    }

    /** Whom it is meant for. */
    long to() {
        return who.to();
    }

    byte[] encode() {
        Buffer out = Buffer.buffer(FIXED_BYTES + 64)
                .appendInt(MAGIC)
                .appendByte((byte) who.format())
                .appendLong(who.cluster())
                .appendLong(who.member())
                .appendLong(who.to())
                .appendLong(who.directory().high())
                .appendLong(who.directory().low())
                .appendByte((byte) stream);
        List<URI> told = urls.subList(0, Math.min(MAX_URLS, urls.size()));
        Wire.putStrings(out, told.stream().map(URI::toString).toList());
        return out.getBytes();
    }

    /**
     * @throws IllegalArgumentException if this is no greeting
     */
    static Greeting decode(Buffer in) {
        if (in.length() < FIXED_BYTES || in.getInt(0) != MAGIC) {
            throw new IllegalArgumentException("it does not speak the peer protocol");
        }
        PeerGreeting who = new PeerGreeting(
                in.getByte(4),
                in.getLong(5),
                in.getLong(13),
                in.getLong(21),
                new DirectoryId(in.getLong(29), in.getLong(37)));
        // What follows is of this format only; the format itself is judged with the rest.
        List<URI> urls = who.format() == FORMAT ? urls(new Wire(in, FIXED_BYTES).strings()) : List.of();
        return new Greeting(who, in.getByte(45), urls);
    }

    private static List<URI> urls(List<String> texts) {
        if (texts.size() > MAX_URLS) {
            throw new IllegalArgumentException("it claims to be at " + texts.size() + " URLs");
        }
        List<URI> urls = new ArrayList<>();
        for (String text : texts) {
            URI url = URI.create(text);
            if (url.getHost() == null || url.getPort() < 1) {
                throw new IllegalArgumentException("it claims to be at " + text);
            }
            urls.add(url);
        }
        return urls;
    }
}
