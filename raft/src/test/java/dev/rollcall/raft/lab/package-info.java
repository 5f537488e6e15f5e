/** A cluster that does nothing by itself, for tests that say exactly what happens when. */
@NullMarked
package dev.rollcall.raft.lab;

import org.jspecify.annotations.NullMarked;
