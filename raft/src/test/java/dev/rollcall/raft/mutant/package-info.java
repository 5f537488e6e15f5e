/** Known-bad variants of the core, and the proof that the simulator catches each. */
@NullMarked
package dev.rollcall.raft.mutant;

import org.jspecify.annotations.NullMarked;
