/** Leases: the replicated table, and the leader's clockwork. */
@NullMarked
package dev.rollcall.storage.lease;

import org.jspecify.annotations.NullMarked;
