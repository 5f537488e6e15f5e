/** Discovery over HTTP: lookups, event streams, draining, DNS answers in JSON. */
@NullMarked
package dev.rollcall.agent.http.discovery;

import org.jspecify.annotations.NullMarked;
