package dev.rollcall.raft.core;

import java.util.ArrayDeque;

/** Appends on their way to one follower, bounded by count and by bytes. */
final class Inflights {
    private record Sent(long lastIndex, long bytes) {}

    private final ArrayDeque<Sent> sent = new ArrayDeque<>();
    private final int maxMessages;
    private final long maxBytes;
    private long bytes;

    Inflights(int maxMessages, long maxBytes) {
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
    }

    boolean full() {
        return sent.size() >= maxMessages || bytes >= maxBytes;
    }

    void add(long lastIndex, long size) {
        sent.add(new Sent(lastIndex, size));
        bytes += size;
    }

    /** Everything up to this index has arrived. */
    void freeThrough(long index) {
        while (!sent.isEmpty() && sent.getFirst().lastIndex <= index) {
            bytes -= sent.removeFirst().bytes;
        }
    }

    void clear() {
        sent.clear();
        bytes = 0;
    }

    int count() {
        return sent.size();
    }

    long bytes() {
        return bytes;
    }
}
