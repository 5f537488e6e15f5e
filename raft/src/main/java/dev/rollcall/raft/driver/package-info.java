/** The core joined to a log, a transport and a state machine, all of them ports; one thread owns it. */
@NullMarked
package dev.rollcall.raft.driver;

import org.jspecify.annotations.NullMarked;
