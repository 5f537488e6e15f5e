/** Members of the cluster. */
@NullMarked
package dev.rollcall.storage.member;

import org.jspecify.annotations.NullMarked;
