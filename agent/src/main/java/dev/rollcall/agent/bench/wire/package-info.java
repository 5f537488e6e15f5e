/**
 * gRPC over HTTP/2 for a load generator: frames written and read straight from the socket's buffers, so that the client takes
 * little of the processor it shares with what it measures.
 */
@NullMarked
package dev.rollcall.agent.bench.wire;

import org.jspecify.annotations.NullMarked;
