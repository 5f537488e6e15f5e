/** What the registry asks of the world; the agent gives it. */
@NullMarked
package dev.rollcall.registry.port;

import org.jspecify.annotations.NullMarked;
