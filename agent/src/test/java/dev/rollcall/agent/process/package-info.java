/** Tests with real agent processes. */
@NullMarked
package dev.rollcall.agent.process;

import org.jspecify.annotations.NullMarked;
