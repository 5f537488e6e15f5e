/** A service to register, a gateway that finds it, and what both need to start from a command line. */
@NullMarked
package dev.rollcall.examples;

import org.jspecify.annotations.NullMarked;
