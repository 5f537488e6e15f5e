/** The services beside this agent, and the reconcilers that keep them registered. */
@NullMarked
package dev.rollcall.registry.local;

import org.jspecify.annotations.NullMarked;
