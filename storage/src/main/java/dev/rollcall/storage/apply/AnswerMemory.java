package dev.rollcall.storage.apply;

/**
 * The memory that answers to commands may take, from when apply builds them until they have been handed over. Whoever is
 * given an {@link Outcome} gives back its {@link Outcome#answerBytes}.
 */
@FunctionalInterface
public interface AnswerMemory {
    /** Any answer is welcome. */
    AnswerMemory UNBOUNDED = bytes -> true;

    /** Takes so many bytes more, or none and answers false if there is no room for them. */
    boolean take(long bytes);
}
