package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.proto.TxnResponse;

/**
 * Answer to a transaction that only reads.
 *
 * @param revision newest revision when it was read: what the header says
 * @param body the answer without its header; the caller's own
 */
public record TxnResult(long revision, TxnResponse.Builder body) {}
