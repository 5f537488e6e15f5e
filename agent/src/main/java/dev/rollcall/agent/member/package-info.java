/** A store-holding member: its threads and the ports the faces use. */
@NullMarked
package dev.rollcall.agent.member;

import org.jspecify.annotations.NullMarked;
