/** Tests of the peer transport on real sockets. */
@NullMarked
package dev.rollcall.agent.peer;

import org.jspecify.annotations.NullMarked;
