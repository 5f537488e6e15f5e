package dev.rollcall.registry.check;

import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Status;
import java.util.List;

/** All checks of one instance; together they are as good as the worst of them. Confined to its loop. */
public final class HealthChecks {
    private static final List<Status> WORST_FIRST =
            List.of(Status.CRITICAL, Status.STARTING, Status.WARNING, Status.PASSING);

    private final List<HealthCheck> checks;

    /** @param onStatus run on the loop when a check has had its first probe, or its status has changed */
    public HealthChecks(Loop loop, Probes probes, List<CheckDefinition> definitions, Runnable onStatus) {
        this.checks = definitions.stream()
                .map(check -> new HealthCheck(loop, check, probes.of(check), onStatus))
                .toList();
    }

    public void start() {
        checks.forEach(HealthCheck::start);
    }

    public void stop() {
        checks.forEach(HealthCheck::stop);
    }

    /** Whether each check has had a probe, so that {@link #status} is more than a beginning. */
    public boolean probed() {
        return checks.stream().allMatch(HealthCheck::probed);
    }

    /** The worst status of any check. */
    public Status status() {
        for (Status status : WORST_FIRST) {
            if (checks.stream().anyMatch(check -> check.status() == status)) {
                return status;
            }
        }
        return Status.STARTING;
    }

    /** How each check does. */
    public List<CheckView> views() {
        return checks.stream().map(HealthCheck::view).toList();
    }
}
