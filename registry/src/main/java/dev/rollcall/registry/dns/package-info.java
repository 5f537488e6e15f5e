/** Answers to DNS questions, made from the endpoint table. */
@NullMarked
package dev.rollcall.registry.dns;

import org.jspecify.annotations.NullMarked;
