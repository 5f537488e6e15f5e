/** Consensus as a function of (state, input): election, replication, reads, membership. */
@NullMarked
package dev.rollcall.raft.core;

import org.jspecify.annotations.NullMarked;
