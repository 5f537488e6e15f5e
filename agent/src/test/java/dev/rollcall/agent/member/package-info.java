/** Tests of a member's parts over their ports. */
@NullMarked
package dev.rollcall.agent.member;

import org.jspecify.annotations.NullMarked;
