/** Tests of what the demo judges by. */
@NullMarked
package dev.rollcall.examples.demo;

import org.jspecify.annotations.NullMarked;
