package dev.rollcall.registry.check;

import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Status;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Runs one check for ever: the first probe after a random part of a tenth of the interval, each next one an interval after
 * the one before began, but never two at a time. Confined to its loop.
 */
final class HealthCheck {
    private final Loop loop;
    private final CheckDefinition definition;
    private final Probe probe;
    private final Runnable onStatus;
    private CheckState state;
    private Instant since = Instant.now();
    private String output = "not checked yet";
    private boolean probed;
    private boolean stopped;

    /** @param onStatus run on the loop after the first probe and after each change of the status */
    HealthCheck(Loop loop, CheckDefinition definition, Probe probe, Runnable onStatus) {
        this.loop = loop;
        this.definition = definition;
        this.probe = probe;
        this.onStatus = onStatus;
        this.state = CheckState.initial(definition.rise(), definition.fall());
    }

    void start() {
        long spreadMs = Math.max(1, definition.interval().toMillis() / 10);
        loop.after(ThreadLocalRandom.current().nextLong(spreadMs), this::runProbe);
    }

    void stop() {
        stopped = true;
    }

    /** Whether a probe has ended. */
    boolean probed() {
        return probed;
    }

    Status status() {
        return state.status();
    }

    CheckView view() {
        return new CheckView(definition.type(), definition.target(), state.status(), since, output);
    }

    private void runProbe() {
        if (stopped) {
            return;
        }
        long begunNanos = System.nanoTime();
        probe.run().onSuccess(result -> {
            if (!stopped) {
                take(result);
                long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
                loop.after(definition.interval().toMillis() - tookMs, this::runProbe);
            }
        });
    }

    private void take(CheckResult result) {
        Status before = state.status();
        boolean first = !probed;
        probed = true;
        state = state.after(result.verdict());
        output = result.output();
        if (state.status() != before) {
            since = Instant.now();
        }
        if (first || state.status() != before) {
            onStatus.run();
        }
    }
}
