/** The endpoint table: every instance this agent knows of, fed by one watch. */
@NullMarked
package dev.rollcall.registry.table;

import org.jspecify.annotations.NullMarked;
