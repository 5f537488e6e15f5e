/**
 * The gateway plugin: a Vert.x address resolver that follows the endpoint lists agents push.
 *
 * <p>Start at {@link dev.rollcall.registry.resolver.RollcallResolver}.
 */
@NullMarked
package dev.rollcall.registry.resolver;

import org.jspecify.annotations.NullMarked;
