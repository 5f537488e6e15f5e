package dev.rollcall.agent.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FramesTest {
    private final List<FrameType> types = new ArrayList<>();
    private final List<byte[]> payloads = new ArrayList<>();
    private final List<String> garbage = new ArrayList<>();
    private final Frames frames = new Frames(
            (type, payload) -> {
                types.add(type);
                payloads.add(payload.getBytes());
            },
            garbage::add);

    @Test
    void framesSurviveAnyCutting() {
        Random random = new Random(7);
        for (int run = 0; run < 200; run++) {
            types.clear();
            payloads.clear();
            Buffer sent = Buffer.buffer();
            List<byte[]> expected = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                byte[] payload = new byte[random.nextInt(50)];
                random.nextBytes(payload);
                expected.add(payload);
                Frames.append(sent, FrameType.RAFT, payload);
            }
            for (int at = 0; at < sent.length(); ) {
                int next = Math.min(sent.length(), at + 1 + random.nextInt(40));
                frames.handle(sent.getBuffer(at, next));
                at = next;
            }
            assertEquals(5, payloads.size());
            for (int i = 0; i < 5; i++) {
                assertArrayEquals(expected.get(i), payloads.get(i));
            }
        }
        assertTrue(garbage.isEmpty());
    }

    @Test
    void anyFlippedBitIsSeen() {
        byte[] good = Frames.of(FrameType.FORWARD, new byte[] {1, 2, 3, 4}).getBytes();
        // The length is covered by what follows: a wrong one moves the checksum's range, or exceeds the limit.
        for (int bit = 32; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            List<String> seen = new ArrayList<>();
            new Frames((type, payload) -> seen.add("a frame"), seen::add).handle(Buffer.buffer(bad));
            assertEquals(1, seen.size());
            assertTrue(seen.get(0).contains("checksum") || seen.get(0).contains("unknown type"), seen.get(0));
        }
    }

    @Test
    void nothingFollowsGarbage() {
        frames.handle(Buffer.buffer().appendInt(-1).appendBytes(new byte[20]));
        frames.handle(Frames.of(FrameType.RAFT, new byte[0]));
        assertEquals(1, garbage.size());
        assertTrue(types.isEmpty());
    }

    @Test
    void aFrameAboveTheLimitIsNotMade() {
        byte[] tooLong = new byte[Frames.MAX_PAYLOAD_BYTES + 1];
        assertThrows(IllegalArgumentException.class, () -> Frames.of(FrameType.RAFT, tooLong));
    }
}
