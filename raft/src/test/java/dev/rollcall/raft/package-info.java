/** Rules of the module as a whole. */
@NullMarked
package dev.rollcall.raft;

import org.jspecify.annotations.NullMarked;
