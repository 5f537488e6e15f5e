/** Situations as text: what is done to a cluster, and the state that follows. */
@NullMarked
package dev.rollcall.raft.scenario;

import org.jspecify.annotations.NullMarked;
