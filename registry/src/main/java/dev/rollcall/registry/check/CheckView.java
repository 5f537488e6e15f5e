package dev.rollcall.registry.check;

import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Status;
import java.time.Instant;

/**
 * A check as people see it.
 *
 * @param since when it took its status
 * @param output of the last probe, one line
 */
public record CheckView(CheckDefinition.Type type, String target, Status status, Instant since, String output) {}
