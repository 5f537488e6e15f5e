/** The process: everything is made and joined here. */
@NullMarked
package dev.rollcall.agent;

import org.jspecify.annotations.NullMarked;
