package dev.rollcall.agent.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Progress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SequenceTest {
    private static final int ROUNDS = 3;

    private final List<String> said = new ArrayList<>();
    private int cleanUps;

    private final Journal journal = new Journal() {
        @Override
        public void say(String line) {
            said.add(line);
        }

        @Override
        public Progress progress(String unit) {
            return Progress.NONE;
        }
    };

    /** What ends a measurement after its rounds. */
    private interface End {
        void come() throws InterruptedException;
    }

    /** One row of some rounds on both sides, and its end. */
    private record Rounds(String what, int rounds, Samples samples, End end) implements Measurement {
        Rounds(String what, int rounds, End end) {
            this(what, rounds, new Samples(), end);
        }

        @Override
        public void measure() throws InterruptedException {
            for (int round = 0; round < rounds; round++) {
                samples.add(true, Measure.TIME_MS, 10 + round);
                samples.add(false, Measure.TIME_MS, 20 + round);
            }
            end.come();
        }

        @Override
        public List<Row> rows(@Nullable String failure) {
            return List.of(samples.row(1, what, List.of(), samples.failure(ROUNDS, failure)));
        }
    }

    private static Rounds whole(String what) {
        return new Rounds(what, ROUNDS, () -> {});
    }

    private static Rounds failing(String what, int rounds) {
        return new Rounds(what, rounds, () -> {
            throw new BenchException("etcd ended with exit code 137:\nits last | words");
        });
    }

    private Outcome run(Measurement... measurements) {
        return new Sequence(journal, () -> cleanUps++).run(List.of(measurements));
    }

    private static List<String> names(Outcome outcome) {
        return outcome.rows().stream().map(Row::what).toList();
    }

    @Test
    void aRowThatFailsTakesNoOtherWithIt() {
        Outcome outcome = run(whole("first"), failing("second", 2), whole("third"));
        assertFalse(outcome.interrupted());
        assertEquals(List.of("first", "second", "third"), names(outcome));
        assertEquals(
                List.of("second"), outcome.unsound().stream().map(Row::what).toList());
        assertEquals(1, cleanUps);
        assertTrue(said.toString().contains("its last | words"), said.toString());
        assertEquals("""
                | Nodes | What | Unit | Rollcall | etcd | Ratio | Goal |
                |---|---|---|---|---|---|---|
                | 1 | first | ms | 11.0 | 21.0 | 0.52× | - |
                | 1 | second | ms | 10.5 | 20.5 | 0.51× | failed after 2 of 3: etcd ended with exit code 137 |
                | 1 | third | ms | 11.0 | 21.0 | 0.52× | - |
                """, Report.markdown(Report.others(outcome.rows())));
    }

    @Test
    void aRowOfWhichNothingCameOutIsNamedToo() {
        Outcome outcome = run(whole("first"), failing("second", 0));
        assertEquals(
                List.of("1", "second", "-", "-", "-", "-", "failed: etcd ended with exit code 137"),
                Report.others(outcome.rows()).get(2));
    }

    @Test
    void whatWasMeasuredToItsEndDidNotFail() {
        Outcome outcome = run(failing("first", ROUNDS));
        assertNull(outcome.rows().get(0).failure());
    }

    @Test
    void ifNotEvenTheFirstCanBeMeasuredTheRestIsNotTried() {
        Outcome outcome = run(failing("first", 0), whole("second"));
        assertEquals(List.of("first"), names(outcome));
        assertFalse(outcome.unsound().isEmpty());
    }

    @Test
    void aSignalEndsItWithWhatThereIs() {
        Outcome outcome = run(
                whole("first"),
                new Rounds("second", 1, () -> {
                    throw new InterruptedException();
                }),
                whole("third"));
        assertTrue(outcome.interrupted());
        assertEquals(List.of("first", "second"), names(outcome));
        assertEquals("failed after 1 of 3: interrupted", outcome.rows().get(1).failure());
    }

    @Test
    void membersThatASignalReachedFirstAreNotBlamed() {
        Outcome outcome = run(whole("first"), new Rounds("second", 1, () -> {
            Thread.currentThread().interrupt();
            throw new BenchException("connection lost");
        }));
        assertTrue(outcome.interrupted());
        assertEquals("failed after 1 of 3: interrupted", outcome.rows().get(1).failure());
        assertFalse(Thread.interrupted());
    }

    @Test
    void roundsWithErrorsAreNotSound() {
        Rounds rounds = whole("first");
        rounds.samples().error("etcd, round 1: 3 errors");
        Outcome outcome = run(rounds);
        assertEquals(1, outcome.unsound().size());
        assertEquals(List.of("first, 1 node(s): etcd, round 1: 3 errors"), Report.remarks(outcome.rows()));
    }
}
