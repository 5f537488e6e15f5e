package dev.rollcall.raft.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Message;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageCodecTest {
    @Test
    void everyKindComesBack() throws CodecException {
        for (Message message : MessageSamples.all()) {
            assertEquals(message, MessageCodec.decode(MessageCodec.encode(message)));
        }
        long kinds =
                MessageSamples.all().stream().map(Message::getClass).distinct().count();
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
