/** Whole clusters of real drivers over a simulated network and simulated disks, all of it drawn from one seed. */
@NullMarked
package dev.rollcall.raft.sim;

import org.jspecify.annotations.NullMarked;
