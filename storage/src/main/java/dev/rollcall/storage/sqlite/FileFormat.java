package dev.rollcall.storage.sqlite;

import java.util.List;

/**
 * What makes a file ours and how it is opened.
 *
 * @param applicationId SQLite's {@code application_id}, so that {@code file(1)} and we can tell our files from others
 * @param version SQLite's {@code user_version}; a file with a higher one is refused
 * @param pageSizeBytes SQLite's page size
 * @param synchronous FULL: one fsync per COMMIT; NORMAL: none, only checkpoints sync
 * @param cacheKib page cache of the writing connection
 * @param schema statements that make an empty file into one of this format
 */
record FileFormat(
        int applicationId, int version, int pageSizeBytes, String synchronous, int cacheKib, List<String> schema) {}
