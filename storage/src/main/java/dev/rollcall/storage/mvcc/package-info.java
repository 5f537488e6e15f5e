/** Keys and their revisions. */
@NullMarked
package dev.rollcall.storage.mvcc;

import org.jspecify.annotations.NullMarked;
