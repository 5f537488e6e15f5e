/** What an agent is told to be: flags, environment and services file, read once into one immutable record. */
@NullMarked
package dev.rollcall.agent.config;

import org.jspecify.annotations.NullMarked;
