package dev.rollcall.agent.http.metrics;

import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.jspecify.annotations.Nullable;

/** What the JVM tells of itself: memory, collections, threads, classes ({@code jvm_*}). */
final class JvmMetrics {
    private @Nullable PrometheusMeterRegistry registry;
    private @Nullable JvmGcMetrics collections;

    /** The lines; made at the first call and kept. */
    synchronized String page() {
        PrometheusMeterRegistry made = registry;
        if (made == null) {
            made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            new JvmMemoryMetrics().bindTo(made);
            new JvmThreadMetrics().bindTo(made);
            new ClassLoaderMetrics().bindTo(made);
            // Listens to collections as long as it is reachable.
            collections = new JvmGcMetrics();
            collections.bindTo(made);
            registry = made;
        }
        return made.scrape();
    }
}
