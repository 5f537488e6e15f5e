/** The bytes of peer messages, versioned. */
@NullMarked
package dev.rollcall.raft.codec;

import org.jspecify.annotations.NullMarked;
