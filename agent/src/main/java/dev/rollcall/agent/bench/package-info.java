/** Loads a server of the etcd v3 API and measures it, alone or beside another one. Knows nothing of how a member works. */
@NullMarked
package dev.rollcall.agent.bench;

import org.jspecify.annotations.NullMarked;
