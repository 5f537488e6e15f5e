package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.compare.CompareOptions;
import dev.rollcall.agent.bench.compare.Figure;
import dev.rollcall.agent.bench.compare.Outcome;
import dev.rollcall.agent.bench.compare.Row;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a comparison came to, for machines. */
final class CompareJson {
    private CompareJson() {}

    static String of(CompareOptions options, List<String> machine, Outcome outcome) {
        JsonArray rows = new JsonArray();
        outcome.rows().forEach(row -> rows.add(of(row)));
        return new JsonObject()
                .put("machine", new JsonArray(machine))
                .put("rounds", options.rounds())
                .put("warmUp", options.warmUp())
                .put("trials", options.trials())
                .put("interrupted", outcome.interrupted())
                .put("rows", rows)
                .encode();
    }

    private static JsonObject of(Row row) {
        JsonArray figures = new JsonArray();
        for (Figure figure : row.figures()) {
            figures.add(new JsonObject()
                    .put("unit", figure.measure().unit())
                    .put("rollcall", number(figure.rollcall()))
                    .put("etcd", number(figure.etcd()))
                    .put("ratio", number(figure.rollcall() / figure.etcd())));
        }
        return new JsonObject()
                .put("nodes", row.nodes())
                .put("what", row.what())
                .put("figures", figures)
                .put("outcome", row.outcomes())
                .put("remarks", new JsonArray(row.remarks()))
                .put("errors", new JsonArray(row.errors()))
                .put("failure", row.failure());
    }

    /** JSON knows no NaN. */
    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
