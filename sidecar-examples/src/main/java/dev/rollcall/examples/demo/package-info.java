/**
 * The demo: real agents, services and gateways as processes, and a story that happens to them.
 *
 * <p>Start at {@link dev.rollcall.examples.demo.Story}.
 */
@NullMarked
package dev.rollcall.examples.demo;

import org.jspecify.annotations.NullMarked;
