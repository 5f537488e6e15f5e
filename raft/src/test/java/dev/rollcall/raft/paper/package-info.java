/**
 * What the Raft paper (Ongaro and Ousterhout, USENIX ATC 2014, extended version) and the thesis (Ongaro, Stanford 2014)
 * state, chapter by chapter, one test for each statement.
 */
@NullMarked
package dev.rollcall.raft.paper;

import org.jspecify.annotations.NullMarked;
