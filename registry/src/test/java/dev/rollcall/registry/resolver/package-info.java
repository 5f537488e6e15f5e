/** Tests of the gateway plugin against real servers in this process. */
@NullMarked
package dev.rollcall.registry.resolver;

import org.jspecify.annotations.NullMarked;
