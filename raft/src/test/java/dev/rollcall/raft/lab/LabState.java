package dev.rollcall.raft.lab;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The entries that a {@link LabMember} has applied, as the bytes of a snapshot. */
final class LabState {
    private LabState() {}

    static byte[] encode(List<Entry> applied) {
        int size = applied.stream().mapToInt(e -> 13 + e.data().length).sum();
        ByteBuffer out = ByteBuffer.allocate(size);
        for (Entry entry : applied) {
            out.putLong(entry.term()).put((byte) entry.kind().code());
            out.putInt(entry.data().length).put(entry.data());
        }
        return out.array();
    }

    static List<Entry> decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        List<Entry> applied = new ArrayList<>();
        while (in.hasRemaining()) {
            long term = in.getLong();
            EntryKind kind = EntryKind.of(in.get());
            byte[] data = new byte[in.getInt()];
            in.get(data);
            applied.add(new Entry(applied.size() + 1L, term, kind, data));
        }
        return applied;
    }
}
