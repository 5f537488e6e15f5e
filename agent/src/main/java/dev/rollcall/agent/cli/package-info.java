/** The command line: what a start line means, and the commands that ask a running agent. */
@NullMarked
package dev.rollcall.agent.cli;

import org.jspecify.annotations.NullMarked;
