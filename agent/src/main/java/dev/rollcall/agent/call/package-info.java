/** An etcd call, whoever carries it out: this member, or an upstream. */
@NullMarked
package dev.rollcall.agent.call;

import org.jspecify.annotations.NullMarked;
