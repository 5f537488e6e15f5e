/** The files on disk; the only package that knows SQL. */
@NullMarked
package dev.rollcall.storage.sqlite;

import org.jspecify.annotations.NullMarked;
