/** Health checks: what decides the status of an instance. */
@NullMarked
package dev.rollcall.registry.check;

import org.jspecify.annotations.NullMarked;
