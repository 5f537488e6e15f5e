package dev.rollcall.raft.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has accumulated since the last one and is now to be carried out. Messages that must wait for the disk are not in
 * here: the core keeps them and puts them into the {@code Ready} that follows the completion.
 *
 * @param messages to send now, in any order relative to the write
 * @param write to make durable, null if nothing changed
 * @param restored the snapshot whose write has become durable: what was handed over before is void, {@code committed} follows
 *     it; null if there is none
 * @param committed to apply, in order; consecutive over all of them
 * @param softState the new one, null if it has not changed
 * @param reads outcomes of reads
 * @param loads stretches of the log that are wanted from the disk
 */
public record Ready(
        List<Message> messages,
        @Nullable Write write,
        @Nullable SnapshotMeta restored,
        List<Entry> committed,
        @Nullable SoftState softState,
        List<Read> reads,
        List<Load> loads) {

    /**
     * One durable step.
     *
     * @param seq from 1, one more each time
     * @param hardState null if it has not changed
     * @param snapshot null unless the log is to follow this snapshot and nothing of the old log is to be left
     * @param entries replace the log from the first one's index on
     */
    public record Write(
            long seq,
            @Nullable HardState hardState,
            @Nullable SnapshotMeta snapshot,
            List<Entry> entries) {}

    /**
     * @param id the read
     * @param index it may be served once this is applied; 0 if it failed
     */
    public record Read(long id, long index) {}

    /** Entries {@code first} to {@code last}, as many as fit in {@code maxBytes} but at least one. */
    public record Load(long first, long last, int maxBytes) {}
}
