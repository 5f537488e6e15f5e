package dev.rollcall.raft.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MessageCodecTest {
    private static final long LARGE = Long.MAX_VALUE - 10;

    private static List<Message> samples() {
        List<Entry> entries = List.of(
                new Entry(8, 3, EntryKind.NOOP, new byte[0]),
                new Entry(9, 4, EntryKind.NORMAL, new byte[] {1, 2, 3}),
                new Entry(10, 4, EntryKind.CONFIG, new byte[300]));
        Membership members = new Membership(
                new TreeSet<>(List.of(-3L, 1L, 2L)), new TreeSet<>(List.of(1L, 4L)), new TreeSet<>(List.of(LARGE)));
        return List.of(
                new Message.PreVoteRequest(-1, 2, 3, LARGE, 5, 6),
                new Message.PreVoteResponse(1, 2, 3, 4, true),
                new Message.VoteRequest(1, 2, 3, LARGE, 5, true),
                new Message.VoteResponse(1, 2, 3, false),
                new Message.AppendRequest(1, 2, 4, 7, 3, 6, entries),
                new Message.AppendRequest(1, 2, 4, 7, 3, 6, List.of()),
                new Message.AppendResponse(1, 2, 3, true, 4, 5, 6),
                new Message.HeartbeatRequest(1, 2, 3, 4, 5),
                new Message.HeartbeatResponse(1, 2, 3, 4),
                new Message.TimeoutNow(1, 2, LARGE),
                new Message.ReadIndexRequest(1, 2, 3, 4),
                new Message.ReadIndexResponse(1, 2, 3, 4, 5),
                new Message.SnapshotOffer(1, 2, 3, new SnapshotMeta(LARGE, 2, members, 5, -6)),
                new Message.SnapshotChunk(1, 2, 3, LARGE, -5, 6, new byte[] {7, 8}),
                new Message.SnapshotAnswer(1, 2, 3, 4, -5, LARGE, true),
                new Message.CommitNotice(1, 2, 3, LARGE, 4));
    }

    @Test
    void everyKindComesBack() throws CodecException {
        for (Message message : samples()) {
            assertEquals(message, MessageCodec.decode(MessageCodec.encode(message)));
        }
        long kinds = samples().stream().map(Message::getClass).distinct().count();
        assertEquals(Message.class.getPermittedSubclasses().length, kinds, "a sample of every kind");
    }

    @Test
    void bytesStayWhatTheyAre() {
        byte[] expected = {
            1, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4
        };
        assertArrayEquals(expected, MessageCodec.encode(new Message.HeartbeatResponse(1, 2, 3, 4)));
    }

    @Test
    void cutAndLengthenedMessagesAreRefused() {
        for (Message message : samples()) {
            byte[] bytes = MessageCodec.encode(message);
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThrows(CodecException.class, () -> MessageCodec.decode(cut));
            }
            assertThrows(CodecException.class, () -> MessageCodec.decode(Arrays.copyOf(bytes, bytes.length + 1)));
        }
    }

    @Test
    void garbageIsRefusedOrIsAMessage() {
        SplittableRandom random = new SplittableRandom(42);
        List<Message> samples = samples();
        int accepted = 0;
        int refused = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = garbage(random, MessageCodec.encode(samples.get(random.nextInt(samples.size()))));
            try {
                assertArrayEquals(bytes, MessageCodec.encode(MessageCodec.decode(bytes)));
                accepted++;
            } catch (CodecException expected) {
                refused++;
            }
        }
        assertTrue(accepted > 0 && refused > 0, accepted + " accepted, " + refused + " refused");
    }

    private static byte[] garbage(SplittableRandom random, byte[] bytes) {
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length * 2)) : bytes;
    }

    @Test
    void countThatTheBytesCannotHoldCostsNoMemory() {
        byte[] bytes = MessageCodec.encode(new Message.AppendRequest(1, 2, 4, 7, 3, 6, List.of()));
        Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0x7f);
        assertThrows(CodecException.class, () -> MessageCodec.decode(bytes));
    }

    @Test
    void otherVersionsAndReservedTypesAreRefused() {
        byte[] bytes = MessageCodec.encode(new Message.TimeoutNow(1, 2, 3));
        bytes[1] = MessageType.SNAPSHOT_OFFER;
        assertThrows(CodecException.class, () -> MessageCodec.decode(bytes));
        bytes[1] = MessageType.TIMEOUT_NOW;
        bytes[0] = 2;
        assertThrows(CodecException.class, () -> MessageCodec.decode(bytes));
    }

    @Test
    void messagesBeyondTheLimitAreNotSent() {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry(1, 1, EntryKind.NORMAL, new byte[MessageCodec.MAX_BYTES]));
        Message message = new Message.AppendRequest(1, 2, 1, 0, 0, 0, entries);
        assertThrows(IllegalArgumentException.class, () -> MessageCodec.encode(message));
    }
}
