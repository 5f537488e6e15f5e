package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.KvRow;

/** Where the rows that the apply thread makes and drops are noted for the state file. */
public interface RowChanges {
    /** A new row; its arrays never change again. */
    void added(KvRow row);

    /** Compaction drops this row. */
    void dropped(long rowId);
}
