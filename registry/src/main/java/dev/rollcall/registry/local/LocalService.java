package dev.rollcall.registry.local;

import dev.rollcall.registry.check.CheckView;
import dev.rollcall.registry.model.Instance;
import java.util.List;

/**
 * A service beside this agent and how its registration stands. Immutable.
 *
 * @param instance as it ought to be in the store
 * @param leaseId 0 for none
 * @param ttlRemainingSeconds by this agent's reckoning, 0 without a lease
 */
public record LocalService(
        Instance instance, RegistrationState state, long leaseId, long ttlRemainingSeconds, List<CheckView> checks) {}
