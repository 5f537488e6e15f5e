/** What is registered: services, their instances, their checks, and the records of them in the store. */
@NullMarked
package dev.rollcall.registry.model;

import org.jspecify.annotations.NullMarked;
