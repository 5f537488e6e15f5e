/** The errors of the etcd v3 API, to the exact text. */
@NullMarked
package dev.rollcall.storage.error;

import org.jspecify.annotations.NullMarked;
