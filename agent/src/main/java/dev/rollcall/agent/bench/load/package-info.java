/** The loads: what is asked of a server, how fast, and what is recorded of its answers. */
@NullMarked
package dev.rollcall.agent.bench.load;

import org.jspecify.annotations.NullMarked;
