package dev.rollcall.registry.port;

import io.vertx.core.Future;
import java.util.List;

/**
 * The replicated key-value store, as much of it as discovery needs. Every call is linearizable and may be made from any
 * thread; futures complete on the caller's Vert.x context if it has one. A failed future means an unknown outcome unless it
 * is a {@link KeyValueException} that says otherwise.
 */
public interface KeyValue {

    /**
     * A stored pair. Keys and values are UTF-8 text here.
     *
     * @param modRevision revision of its last change
     * @param lease attached lease, 0 for none
     */
    record Pair(String key, String value, long createRevision, long modRevision, long lease) {}

    /** All pairs under a prefix, as they were at one revision. */
    record Listing(long revision, List<Pair> pairs) {}

    /** A condition of a transaction on one key: {@code modRevision} 0 means that the key is absent. */
    record Compare(String key, long modRevision) {}

    /** A step of a transaction. */
    sealed interface Op permits Put, Delete, Get {}

    /** Writes a key, attached to a lease (0 for none). */
    record Put(String key, String value, long lease) implements Op {}

    /** Deletes a key. */
    record Delete(String key) implements Op {}

    /** Reads a key. */
    record Get(String key) implements Op {}

    /**
     * What a transaction came to.
     *
     * @param succeeded whether every compare held
     * @param revision store revision after it
     * @param found pairs that its {@link Get}s found, in order
     */
    record TxnResult(boolean succeeded, long revision, List<Pair> found) {}

    /** A granted lease and the TTL it really has, in seconds. */
    record Grant(long leaseId, long ttlSeconds) {}

    /** A change of one key; {@code value} is empty and {@code deleted} true for a deletion. */
    record Change(Pair pair, boolean deleted) {}

    /** Receives a watch, always on one Vert.x context, in order. After {@code compacted} or {@code closed} nothing follows. */
    interface WatchHandler {
        /** All changes of one or more revisions, complete up to {@code revision}. */
        void changes(long revision, List<Change> changes);

        /** The wanted revisions are compacted: list again and watch from there. */
        void compacted(long compactRevision);

        /** The stream is gone; watch again from the last revision seen + 1. */
        void closed(Throwable cause);
    }

    /** An open watch. */
    interface Watch {
        void close();
    }

    /** Lists a prefix. */
    Future<Listing> list(String prefix);

    /** Runs a transaction: {@code success} if every compare holds, else {@code failure}. */
    Future<TxnResult> txn(List<Compare> compares, List<Op> success, List<Op> failure);

    /** Grants a lease with an id of the store's choice. */
    Future<Grant> grant(long ttlSeconds);

    /** Renews a lease: its TTL in seconds, 0 if it is unknown or expired. Renewals of one agent share a stream. */
    Future<Long> renew(long leaseId);

    /** Revokes a lease with all its keys; an unknown lease is no error. */
    Future<Void> revoke(long leaseId);

    /** Watches a prefix from {@code fromRevision}, that one included. */
    Watch watch(String prefix, long fromRevision, WatchHandler handler);
}
