package dev.rollcall.agent.bench.compare;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows that are measured together. */
interface Measurement {
    /** Measures them all. */
    void measure() throws InterruptedException;

    /**
     * What has come out.
     *
     * @param failure why it did not come to its end; null if it did
     */
    List<Row> rows(@Nullable String failure);
}
