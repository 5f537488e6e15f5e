/** What the agent counts and measures, and the page that shows it. */
@NullMarked
package dev.rollcall.agent.http.metrics;

import org.jspecify.annotations.NullMarked;
