/** The replicated state machine: committed commands in, state, outcomes and sealed batches out. */
@NullMarked
package dev.rollcall.storage.apply;

import org.jspecify.annotations.NullMarked;
