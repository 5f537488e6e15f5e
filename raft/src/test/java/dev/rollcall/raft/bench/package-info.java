/** Benchmarks of the core, and the cluster in memory that they run. */
@NullMarked
package dev.rollcall.raft.bench;

import org.jspecify.annotations.NullMarked;
