/** Rollcall and etcd side by side: clusters of both as processes, the same loads on both in turn, and a table of the outcome. */
@NullMarked
package dev.rollcall.agent.bench.compare;

import org.jspecify.annotations.NullMarked;
