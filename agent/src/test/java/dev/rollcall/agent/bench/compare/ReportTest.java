package dev.rollcall.agent.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void medians() {
        assertEquals(2, Figure.median(List.of(9.0, 1.0, 2.0)));
        assertEquals(1.5, Figure.median(List.of(2.0, 1.0)));
        assertTrue(Double.isNaN(Figure.median(List.of())));
    }

    @Test
    void goalsAreMetByRatioOrByRollcallAlone() {
        assertTrue(Goal.atLeast(Measure.THROUGHPUT, 1.3).reached(13, 10));
        assertFalse(Goal.atLeast(Measure.THROUGHPUT, 1.3).reached(12.9, 10));
        assertTrue(Goal.atMost(Measure.CPU, 0.6).reached(6, 10));
        assertFalse(Goal.atMost(Measure.CPU, 0.6).reached(6.1, 10));
        assertTrue(Goal.own(Measure.MEMORY, 110).reached(110, 25));
        assertFalse(Goal.own(Measure.MEMORY, 110).reached(111, 500));
        assertEquals("≥ 1.3×", Goal.atLeast(Measure.THROUGHPUT, 1.3).text());
        assertEquals("≤ 0.45×", Goal.atMost(Measure.CPU, 0.45).text());
        assertEquals("≤ 1×", Goal.atMost(Measure.CPU, 1).text());
        assertEquals("≤ 1,200 ms", Goal.own(Measure.TIME_MS, 1_200).text());
    }

    @Test
    void aFigureThatIsMissingReachesNothing() {
        Figure alone = new Figure(Measure.MEMORY, 92, Double.NaN);
        assertEquals("92 : - · -", alone.text());
        assertFalse(Goal.atMost(Measure.MEMORY, 1.2).reached(92, Double.NaN));
    }

    @Test
    void tables() {
        Samples samples = new Samples();
        for (double each : new double[] {1_300, 900, 1_500}) {
            samples.add(true, Measure.THROUGHPUT, each);
        }
        samples.add(false, Measure.THROUGHPUT, 1_000);
        samples.add(true, Measure.CPU, 12.34);
        samples.add(false, Measure.CPU, 10);
        samples.remark("etcd, round 2: 3 errors");
        Row load = samples.load(
                3, "put", List.of(Goal.atLeast(Measure.THROUGHPUT, 1.3), Goal.atMost(Measure.CPU, 0.6)), null);
        Samples starts = new Samples();
        starts.add(true, Measure.TIME_MS, 1_000);
        starts.add(false, Measure.TIME_MS, 500);
        Row start = starts.row(1, "start", List.of(Goal.own(Measure.TIME_MS, 1_200)), null);
        List<Row> rows = List.of(load, start);
        assertEquals("""
                | Nodes | Load | per s | p50 ms | p99 ms | p99.9 ms | CPU us per op | MB | Goals |
                |---|---|---|---|---|---|---|---|---|
                | 3 | put | 1,300 : 1,000 · 1.30× | - | - | - | 12.3 : 10.0 · 1.23× | - | throughput ≥ 1.3× reached, CPU ≤ 0.6× short |
                """, Report.markdown(Report.loads(rows)));
        assertEquals("""
                | Nodes | What | Unit | Rollcall | etcd | Ratio | Goal |
                |---|---|---|---|---|---|---|
                | 1 | start | ms | 1,000 | 500.0 | 2.00× | ≤ 1,200 ms reached |
                """, Report.markdown(Report.others(rows)));
        assertEquals(List.of("put, 3 node(s): etcd, round 2: 3 errors"), Report.remarks(rows));
    }

    @Test
    void aLoadThatFailedHasItsLineAndReachesNothing() {
        Samples samples = new Samples();
        samples.add(true, Measure.THROUGHPUT, 1_300);
        Row row =
                samples.load(1, "put", List.of(Goal.own(Measure.THROUGHPUT, 5_000)), samples.failure(5, "etcd: a | b"));
        assertEquals(
                """
                | 1 | put | 1,300 : - · - | - | - | - | - | - | failed: etcd: a \\| b |
                """,
                Report.markdown(Report.loads(List.of(row)))
                                .lines()
                                .skip(2)
                                .findFirst()
                                .orElseThrow() + "\n");
        assertFalse(row.isSound());
    }

    @Test
    void rowsByNameOrByWhatTheyBeginWith() {
        CompareOptions options = options(List.of("put", "range-l"));
        assertTrue(options.wants("put-100"));
        assertTrue(options.wants("range-l"));
        assertFalse(options.wants("range-s"));
        assertFalse(options.wants("putty"));
        assertTrue(options(List.of()).wants("anything"));
    }

    private static CompareOptions options(List<String> only) {
        Product product = new Product("x", java.nio.file.Path.of("x"), List.of());
        return new CompareOptions(
                product, product, java.nio.file.Path.of("."), List.of(1), only, 1, 0, 1_000, 1, 1, 1, 1);
    }
}
