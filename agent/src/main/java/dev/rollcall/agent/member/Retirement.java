package dev.rollcall.agent.member;

import dev.rollcall.storage.sqlite.SqliteLog;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The end of a member that has no place in its cluster any more. It is noted in the directory, so that the next start says
 * the same at once; then the process ends. Any thread.
 */
final class Retirement {
    /** Time for what a removed leader still has to do: tell the others, hand over, answer who asked for it. */
    private static final long FAREWELL_MS = 1_000;

    private final Vertx vertx;
    private final String name;
    private final SqliteLog log;
    private final Consumer<String> leave;
    private final AtomicBoolean begun = new AtomicBoolean();

    /**
     * @param name what this member is called in messages
     * @param leave ends the process; the reason is one line for the operator
     */
    Retirement(Vertx vertx, String name, SqliteLog log, Consumer<String> leave) {
        this.vertx = vertx;
        this.name = name;
        this.log = log;
        this.leave = leave;
    }

    /** Why a directory whose member was removed is of no more use. */
    static String removedText(String name) {
        return name
                + " was removed from its cluster and stops for good: to come back, add it with member add and start it"
                + " with an empty data directory and --initial-cluster-state existing";
    }

    /**
     * This member was removed.
     *
     * @param how how it knows
     */
    void removed(String how) {
        if (begun.compareAndSet(false, true)) {
            vertx.setTimer(
                    FAREWELL_MS,
                    id -> vertx.executeBlocking(() -> {
                                log.retire();
                                return true;
                            })
                            .onComplete(done -> leave.accept(removedText(name) + " (" + how + ")")));
        }
    }

    /** The cluster knows this member by another data directory: whatever it promised was lost with that one. */
    void shutOut(String why) {
        if (begun.compareAndSet(false, true)) {
            leave.accept("this data directory is not the one the cluster knows: " + why);
        }
    }
}
