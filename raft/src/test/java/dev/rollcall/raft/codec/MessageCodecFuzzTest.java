package dev.rollcall.raft.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftInvariantException;
import dev.rollcall.raft.lab.Lab;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes that no member has written. Whatever arrives is refused with a {@link CodecException} or is a message that has these
 * very bytes; nothing else may come out, and no more memory may be taken than the bytes could fill.
 *
 * <p>The seed of a run is part of the test's name; {@code -Dtest.jvmArgs=-Dfuzz.seed=7} repeats one.
 */
class MessageCodecFuzzTest {
    private static final long PINNED_SEED = 42;
    /** An id takes 8 bytes on the wire and the node of a sorted set in memory, in two copies; everything else takes less. */
    private static final int MEMORY_FACTOR = 32;

    private static final long MEMORY_BASE = 16 << 10;

    static List<Long> seeds() {
        Long given = Long.getLong("fuzz.seed");
        return given == null ? List.of(PINNED_SEED, new SplittableRandom().nextLong()) : List.of(given);
    }

    private static boolean isMessage(byte[] bytes) {
        Message message;
        try {
            message = MessageCodec.decode(bytes);
        } catch (CodecException expected) {
            return false;
        }
        assertArrayEquals(bytes, MessageCodec.encode(message), message::toString);
        return true;
    }

    @Test
    void everyTruncationIsRefused() {
        for (Message message : MessageSamples.all()) {
            byte[] bytes = MessageCodec.encode(message);
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThrows(CodecException.class, () -> MessageCodec.decode(cut), () -> message + " at " + cut.length);
            }
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
            assertThrows(CodecException.class, () -> MessageCodec.decode(longer));
        }
    }

    @Test
    void everySingleByteMayBeAnyOther() {
        for (Message message : MessageSamples.all()) {
            byte[] bytes = MessageCodec.encode(message);
            for (int at = 0; at < bytes.length; at++) {
                byte right = bytes[at];
                for (int value = 0; value < 256; value++) {
                    bytes[at] = (byte) value;
                    isMessage(bytes);
                }
                bytes[at] = right;
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void scribbledMessagesAreRefusedOrAreOthers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int messages = 0;
        for (int i = 0; i < 200_000; i++) {
            messages += isMessage(scribbled(random)) ? 1 : 0;
        }
        assertTrue(messages > 1_000 && messages < 199_000, messages + " of 200000 were messages");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noiseIsRefused(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 1 && random.nextBoolean()) {
                bytes[0] = MessageCodec.VERSION;
                bytes[1] = (byte) random.nextInt(16);
            }
            isMessage(bytes);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noMoreMemoryIsTakenThanTheBytesCouldFill(long seed) {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = scribbled(random);
            // A length or a count, at any place, that claims far more than there is.
            if (bytes.length >= Integer.BYTES) {
                int claim = random.nextInt(1 << 20, Integer.MAX_VALUE);
                ByteBuffer.wrap(bytes).putInt(random.nextInt(bytes.length - Integer.BYTES + 1), claim);
            }
            long before = memory.getThreadAllocatedBytes(self);
            try {
                MessageCodec.decode(bytes);
            } catch (CodecException expected) {
                // what it took on the way is measured all the same
            }
            long taken = memory.getThreadAllocatedBytes(self) - before;
            long allowed = MEMORY_BASE + (long) MEMORY_FACTOR * bytes.length;
            assertTrue(taken <= allowed, () -> taken + " bytes for " + Arrays.toString(bytes));
        }
    }

    /** What decodes may still be nonsense. A member takes it, ignores it, or stops on a broken invariant; it never stumbles. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void nonsenseStopsAMemberAtWorst(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Lab lab = Lab.ledByFirst(3);
        int taken = 0;
        int stopped = 0;
        for (int i = 0; i < 20_000; i++) {
            if (i % 10 == 0) {
                lab = Lab.ledByFirst(3); // terms grow, and then nearly everything would be old
                lab.member(1).propose("a", "b");
                lab.settle();
            }
            byte[] bytes = scribbled(random);
            // Addressed to a member and in its term, or nearly all of it would be ignored.
            if (bytes.length >= 26) {
                ByteBuffer.wrap(bytes).putLong(2, random.nextInt(4)).putLong(10, 1 + random.nextInt(3));
                ByteBuffer.wrap(bytes).putLong(18, random.nextInt(4));
            }
            Message message;
            try {
                message = MessageCodec.decode(bytes);
            } catch (CodecException expected) {
                continue;
            }
            try {
                lab.inject(message);
                lab.settle();
                taken++;
            } catch (RaftInvariantException expected) {
                stopped++;
                lab = Lab.ledByFirst(3);
            }
        }
        assertTrue(taken > 1_000 && stopped > 100, taken + " taken, " + stopped + " stopped a member");
    }

    private static byte[] scribbled(SplittableRandom random) {
        List<Message> samples = MessageSamples.all();
        byte[] bytes = MessageCodec.encode(samples.get(random.nextInt(samples.size())));
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length * 2)) : bytes;
    }
}
