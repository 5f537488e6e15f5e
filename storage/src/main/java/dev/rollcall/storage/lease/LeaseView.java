package dev.rollcall.storage.lease;

import dev.rollcall.storage.apply.LeaseRow;
import java.util.List;

/**
 * A lease and its keys.
 *
 * @param row what is stored of it
 * @param keys attached keys in byte order; not to be changed
 */
public record LeaseView(LeaseRow row, List<byte[]> keys) {}
