package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Measures one after the other. What has come out is kept, whatever becomes of the rest. */
final class Sequence {
    static final String INTERRUPTED = "interrupted";

    /** Ctrl-C reaches all processes of a terminal: servers may be gone before this one hears of it. */
    private static final int SIGNAL_MS = 200;

    private final Journal journal;
    private final Runnable cleanUp;
    private final List<Row> rows = new ArrayList<>();

    /** @param cleanUp done after a measurement that failed */
    Sequence(Journal journal, Runnable cleanUp) {
        this.journal = journal;
        this.cleanUp = cleanUp;
    }

    Outcome run(List<Measurement> measurements) {
        for (Measurement measurement : measurements) {
            try {
                if (!succeeds(measurement)) {
                    cleanUp();
                    if (rows.stream().allMatch(row -> row.figures().isEmpty())) {
                        // If not even the first could be measured, what is compared does not run here at all.
                        return new Outcome(rows, false);
                    }
                }
            } catch (InterruptedException e) {
                add(measurement, INTERRUPTED);
                return new Outcome(rows, true);
            }
        }
        return new Outcome(rows, false);
    }

    private boolean succeeds(Measurement measurement) throws InterruptedException {
        try {
            measurement.measure();
        } catch (RuntimeException e) {
            afterFailure();
            journal.say("failed: " + e.getMessage());
            add(measurement, reason(e));
            return false;
        }
        add(measurement, null);
        return true;
    }

    private void cleanUp() {
        try {
            cleanUp.run();
        } catch (BenchException e) {
            journal.say(String.valueOf(e.getMessage()));
        }
    }

    private void add(Measurement measurement, @Nullable String failure) {
        rows.addAll(measurement.rows(failure));
    }

    /** Leaves a signal the time to arrive that was the cause of a failure. */
    static void afterFailure() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(SIGNAL_MS);
    }

    /** One line for a cell of a table. The end of a log may follow the first one. */
    static String reason(RuntimeException failure) {
        String message = failure.getMessage();
        String line =
                message == null ? "" : message.lines().findFirst().orElse("").strip();
        if (line.endsWith(":")) {
            line = line.substring(0, line.length() - 1);
        }
        return line.isEmpty() ? failure.getClass().getSimpleName() : line;
    }
}
