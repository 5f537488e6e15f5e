/** HTTP/1.1 and HTTP/2 faces of the agent that are not gRPC. */
@NullMarked
package dev.rollcall.agent.http;

import org.jspecify.annotations.NullMarked;
