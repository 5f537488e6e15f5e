/** The etcd services of a member that holds the store. */
@NullMarked
package dev.rollcall.agent.local;

import org.jspecify.annotations.NullMarked;
