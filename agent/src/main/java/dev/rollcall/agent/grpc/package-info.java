/** The client port: etcd's gRPC services on the wire, beside whatever else speaks HTTP there. */
@NullMarked
package dev.rollcall.agent.grpc;

import org.jspecify.annotations.NullMarked;
