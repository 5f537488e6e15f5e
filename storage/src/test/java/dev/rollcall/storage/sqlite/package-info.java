/** Tests of the files on disk, against real SQLite in temporary directories. */
@NullMarked
package dev.rollcall.storage.sqlite;

import org.jspecify.annotations.NullMarked;
