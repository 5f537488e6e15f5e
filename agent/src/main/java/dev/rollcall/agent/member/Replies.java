package dev.rollcall.agent.member;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers on their way to the event loops that wait for them: collected while a batch is worked on, then one task per event
 * loop, so that a crowd of answers costs one wake-up and can be flushed together. One thread owns it.
 */
final class Replies {
    private final IdentityHashMap<Context, List<Runnable>> waiting = new IdentityHashMap<>();
    private final List<Runnable> direct = new ArrayList<>();

    /** The event loop of the caller, null if it has none. */
    static @Nullable Context callersLoop() {
        return Vertx.currentContext();
    }

    void add(@Nullable Context loop, Runnable answer) {
        if (loop == null) {
            direct.add(answer);
        } else {
            waiting.computeIfAbsent(loop, l -> new ArrayList<>()).add(answer);
        }
    }

    /** Sends all that was added. */
    void flush() {
        if (!waiting.isEmpty()) {
            waiting.forEach((loop, answers) -> loop.runOnContext(v -> answers.forEach(Runnable::run)));
            waiting.clear();
        }
        if (!direct.isEmpty()) {
            List<Runnable> answers = List.copyOf(direct);
            direct.clear();
            answers.forEach(Runnable::run);
        }
    }
}
