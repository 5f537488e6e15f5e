package dev.rollcall.registry.check;

import io.vertx.core.Future;

/** Asks a service once how it is. */
interface Probe {
    /** Never fails, and ends within its check's timeout. */
    Future<CheckResult> run();
}
