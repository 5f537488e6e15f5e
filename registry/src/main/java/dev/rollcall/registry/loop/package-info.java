/** One event loop as the home of mutable state, and the pauses between attempts. */
@NullMarked
package dev.rollcall.registry.loop;

import org.jspecify.annotations.NullMarked;
