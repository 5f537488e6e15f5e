package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.ColdValues;
import dev.rollcall.storage.apply.ReplacedException;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.ResponseOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All keys and their revisions, for reading. Any thread may call; no lock is taken.
 *
 * <p><b>Snapshots without locks.</b> The apply thread appends revisions and then publishes the newest revision number; a
 * reader takes that number once and ignores everything above it. Revisions are dropped only after a higher compact
 * revision was published, so a reader that finds the compact revision still at or below its own after it has finished has
 * missed nothing; otherwise it fails, if the client named the revision, or begins again at the newest.
 *
 * <p><b>Generations.</b> All of the content is one reference. A reader takes it once, too, and finishes on what it holds
 * even if a snapshot is installed meanwhile; only one that needs a value from the file of the old generation after that was
 * closed begins again on the new one. Revisions mean the same in both, so an answer may come from either.
 */
public final class KvStore {
    private final RevisionFeed feed;
    private volatile Generation now;

    /**
     * @param cold where values are that are not in memory
     * @param valueCacheBytes bound of the values in memory
     * @param ringBytes bound of the events that {@link RevisionFeed#pull} has at hand
     */
    public KvStore(ColdValues cold, long valueCacheBytes, long ringBytes) {
        now = new Generation(cold, valueCacheBytes);
        feed = new RevisionFeed(this, ringBytes);
    }

    /** Newest revision that is published; 1 in a fresh store. */
    public long revision() {
        return now.revision();
    }

    /** Reads below this revision are refused; 0 if nothing was ever compacted. */
    public long compactRevision() {
        return now.compactRevision();
    }

    /** Up to this revision what compaction superseded is gone from memory, and from the file with the next flush. */
    public long compactFinished() {
        return now.compactFinished();
    }

    /** What watchers read. */
    public RevisionFeed feed() {
        return feed;
    }

    /** About how many bytes of heap the index of keys and revisions takes. Any thread. */
    public long indexBytes() {
        return now.indexBytes();
    }

    /** Bytes of values in memory. */
    public long residentValueBytes() {
        return now.values.sizeBytes();
    }

    /**
     * Answers a range; blocks on the disk for values that are not in memory.
     *
     * @throws dev.rollcall.storage.error.EtcdException if the request names a revision that is compacted or not yet there
     */
    public RangeResult range(RangeRequest request) {
        return range(request, AnswerGrowth.UNBOUNDED);
    }

    /**
     * As above.
     *
     * @param growth is told how large the answer becomes
     */
    public RangeResult range(RangeRequest request, AnswerGrowth growth) {
        return present(pinned(request.getRevision(), (here, at, newest) -> {
            RangeResponse.Builder body = new RangeQuery(here, request, false, growth).build(at);
            return body == null ? null : new RangeResult(newest, body);
        }));
    }

    /**
     * As {@link #range}, but null for an answer that is better built on a worker: it looks at more than 1,000 keys, has more
     * than 1 MiB, or needs the disk. Never blocks.
     */
    public @Nullable RangeResult rangeIfLight(RangeRequest request) {
        return pinned(request.getRevision(), (here, at, newest) -> {
            RangeResponse.Builder body = new RangeQuery(here, request, true, AnswerGrowth.UNBOUNDED).build(at);
            return body == null ? null : new RangeResult(newest, body);
        });
    }

    /** Whether {@link #rangeIfLight} would refuse this. */
    public boolean isHeavy(RangeRequest request) {
        return rangeIfLight(request) == null;
    }

    /**
     * Answers a transaction whose operations are all ranges; guards and ranges see one revision. Blocks on the disk for
     * values that are not in memory.
     *
     * @throws dev.rollcall.storage.error.EtcdException if a range names a revision that is compacted or not yet there
     */
    public TxnResult readTxn(TxnRequest request) {
        return readTxn(request, AnswerGrowth.UNBOUNDED);
    }

    /**
     * As above.
     *
     * @param growth is told how large the answer becomes
     */
    public TxnResult readTxn(TxnRequest request, AnswerGrowth growth) {
        return present(pinned(0, (here, at, newest) -> {
            boolean succeeded = holds(here, request.getCompareList(), at);
            List<RequestOp> ops = succeeded ? request.getSuccessList() : request.getFailureList();
            ops.forEach(op -> here.checkReadableInTxn(op.getRequestRange().getRevision(), newest));
            TxnResponse.Builder body = TxnResponse.newBuilder().setSucceeded(succeeded);
            for (RequestOp op : ops) {
                RangeResponse.Builder range = rangeAt(here, op.getRequestRange(), at, growth);
                if (range == null) {
                    return null;
                }
                range.setHeader(ResponseHeader.newBuilder().setRevision(newest));
                body.addResponses(ResponseOp.newBuilder().setResponseRange(range));
            }
            return new TxnResult(newest, body);
        }));
    }

    /** Whether a transaction that only reads is better run on a worker: it needs more than a light range, or the disk. */
    public boolean isHeavy(TxnRequest request) {
        int keys = 0;
        Generation here = now;
        for (Compare compare : request.getCompareList()) {
            for (KeyHistory history : here.index.in(KeyRange.of(compare.getKey(), compare.getRangeEnd()))) {
                Revision newest = history.newest();
                boolean inMemory = newest == null || here.values.inMemory(newest) != null;
                if (++keys > RangeQuery.LIGHT_KEYS || !inMemory) {
                    return true;
                }
            }
        }
        return anyHeavy(request.getSuccessList()) || anyHeavy(request.getFailureList());
    }

    private boolean anyHeavy(List<RequestOp> ops) {
        return ops.stream()
                .anyMatch(op ->
                        isHeavy(op.getRequestRange().toBuilder().clearRevision().build()));
    }

    /**
     * Hash of all keys up to a revision, 0 for the newest. Reads every value: for a worker.
     *
     * @throws dev.rollcall.storage.error.EtcdException if the revision is compacted or not yet there
     */
    public HashResult hashKv(long requested) {
        while (true) {
            long compacted = compactRevision();
            HashResult hash = pinned(requested, (here, at, newest) -> {
                Integer crc = new ContentHash(here, compacted, at).compute();
                return crc == null ? null : new HashResult(crc, compacted, at, newest);
            });
            // A compaction in between changes what belongs in it, even where it spares the revision asked for.
            if (compacted == compactRevision()) {
                return present(hash);
            }
        }
    }

    /** The answer at this revision, which may be one the apply thread has not published; null if compaction overtook it. */
    static RangeResponse.@Nullable Builder rangeAt(
            Generation here, RangeRequest request, long newest, AnswerGrowth growth) {
        long at = request.getRevision() > 0 ? request.getRevision() : newest;
        return new RangeQuery(here, request, false, growth).build(at);
    }

    static boolean holds(Generation here, List<Compare> compares, long at) {
        for (Compare compare : compares) {
            if (!Comparison.holds(here, compare, at)) {
                return false;
            }
        }
        return true;
    }

    /** The content as it is now. Whoever reads several things for one answer takes it once. */
    Generation now() {
        return now;
    }

    /** Apply thread: this content takes the place of the one there is, for all who begin to read from here on. */
    void adopt(Generation next) {
        feed.startAbove(next.revision());
        now = next;
    }

    private interface Read<T> {
        @Nullable
        T at(Generation here, long pinned, long newest);
    }

    private <T> @Nullable T pinned(long requested, Read<T> read) {
        return onGeneration(here -> {
            while (true) {
                long newest = here.revision();
                here.checkReadable(requested, newest);
                long at = requested > 0 ? requested : newest;
                T answer = read.at(here, at, newest);
                if (here.compactRevision() <= at) {
                    return answer;
                }
            }
        });
    }

    /** Reads one generation; again the newest one if the first was replaced and closed meanwhile. */
    <T> @Nullable T onGeneration(Function<Generation, @Nullable T> read) {
        while (true) {
            Generation here = now;
            try {
                return read.apply(here);
            } catch (ReplacedException e) {
                if (here == now) {
                    throw e;
                }
            }
        }
    }

    private <T> T present(@Nullable T answer) {
        if (answer == null) {
            throw now.values.missing("a row that was never compacted");
        }
        return answer;
    }
}
