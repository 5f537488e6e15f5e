/** The rules of the pure packages, checked on the compiled classes. */
@NullMarked
package dev.rollcall.storage.purity;

import org.jspecify.annotations.NullMarked;
