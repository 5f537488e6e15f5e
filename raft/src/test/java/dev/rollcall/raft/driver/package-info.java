/** The driver's own tests. */
@NullMarked
package dev.rollcall.raft.driver;

import org.jspecify.annotations.NullMarked;
