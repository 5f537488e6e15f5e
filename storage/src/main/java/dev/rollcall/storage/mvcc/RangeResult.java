package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.proto.RangeResponse;

/**
 * Answer to a range.
 *
 * @param revision newest revision when it was read: what the header says
 * @param body the answer without its header; the caller's own
 */
public record RangeResult(long revision, RangeResponse.Builder body) {}
