/** Tests of the gateway against real services and a stand-in for an agent. */
@NullMarked
package dev.rollcall.examples;

import org.jspecify.annotations.NullMarked;
