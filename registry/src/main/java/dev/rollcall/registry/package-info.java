/** Discovery: who is there, and telling others that we are. */
@NullMarked
package dev.rollcall.registry;

import org.jspecify.annotations.NullMarked;
