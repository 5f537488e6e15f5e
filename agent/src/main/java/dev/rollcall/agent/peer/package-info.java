/** How members speak to each other: framed, checked, greeted; two streams per direction. */
@NullMarked
package dev.rollcall.agent.peer;

import org.jspecify.annotations.NullMarked;
