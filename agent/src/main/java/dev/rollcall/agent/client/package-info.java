/** The v3 API over the wire: one endpoint, several of them, and the key-value port on top. */
@NullMarked
package dev.rollcall.agent.client;

import org.jspecify.annotations.NullMarked;
