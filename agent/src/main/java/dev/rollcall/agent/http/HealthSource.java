package dev.rollcall.agent.http;

import io.vertx.core.Future;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an agent's health is judged by. Called on an event loop, completes on the same one, and always completes: whoever
 * answers slowly is as good as gone.
 */
public interface HealthSource {
    /** Whether this agent has a store of its own. One without is as healthy as its way to a member. */
    boolean holdsStore();

    /**
     * What this agent still has to do before anything can be asked of it, for people to read; null once it has been done.
     * Nothing else is asked before.
     */
    default @Nullable String starting() {
        return null;
    }

    /** How far a snapshot has come that is on its way to this agent's store, for people to read; null if none is. */
    default @Nullable String arriving() {
        return null;
    }

    /** Reads something; fails with the reason in its message. */
    Future<Void> read(boolean linearizable);

    /** Names of the alarms that are raised: {@code NOSPACE}, {@code CORRUPT}. */
    Future<Set<String>> alarms();

    /** Where this member stands in its cluster. */
    Future<Standing> standing();

    /**
     * Where a member stands.
     *
     * @param leaderKnown it knows who leads
     * @param learner it has no vote
     */
    record Standing(boolean leaderKnown, boolean learner) {}
}
