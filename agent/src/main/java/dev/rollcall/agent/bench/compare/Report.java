package dev.rollcall.agent.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rows as tables: headings, and cells that may be laid out in any way. */
public final class Report {
    private static final List<Measure> LOAD_MEASURES =
            List.of(Measure.THROUGHPUT, Measure.P50, Measure.P99, Measure.P999, Measure.CPU, Measure.MEMORY);

    private Report() {}

    /** The loads: a column for each measure. The first line has the headings. */
    public static List<List<String>> loads(List<Row> rows) {
        List<List<String>> lines = new ArrayList<>();
        List<String> headings = new ArrayList<>(List.of("Nodes", "Load"));
        LOAD_MEASURES.forEach(measure -> headings.add(measure.unit()));
        headings.add("Goals");
        lines.add(headings);
        for (Row row : rows) {
            if (row.isLoad()) {
                List<String> line = new ArrayList<>(List.of(Integer.toString(row.nodes()), row.what()));
                for (Measure measure : LOAD_MEASURES) {
                    line.add(row.figure(measure).map(Figure::text).orElse("-"));
                }
                line.add(row.outcomes());
                lines.add(line);
            }
        }
        return lines;
    }

    /** What is no load: a line for each figure. The first line has the headings. */
    public static List<List<String>> others(List<Row> rows) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("Nodes", "What", "Unit", "Rollcall", "etcd", "Ratio", "Goal"));
        for (Row row : rows) {
            if (row.isLoad()) {
                continue;
            }
            for (Figure figure : row.figures()) {
                Measure measure = figure.measure();
                lines.add(List.of(
                        Integer.toString(row.nodes()),
                        row.what(),
                        measure.unit(),
                        measure.text(figure.rollcall()),
                        measure.text(figure.etcd()),
                        figure.ratio(),
                        row.only(figure).outcomes()));
            }
            if (row.figures().isEmpty()) {
                lines.add(List.of(Integer.toString(row.nodes()), row.what(), "-", "-", "-", "-", row.outcomes()));
            }
        }
        return lines;
    }

    /** What must be known to read the figures: errors first of all. */
    public static List<String> remarks(List<Row> rows) {
        List<String> remarks = new ArrayList<>();
        for (Row row : rows) {
            Stream.concat(row.errors().stream(), row.remarks().stream())
                    .forEach(remark -> remarks.add(row.what() + ", " + row.nodes() + " node(s): " + remark));
        }
        return remarks;
    }

    /** A table in Markdown. */
    public static String markdown(List<List<String>> lines) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            List<String> cells =
                    lines.get(i).stream().map(cell -> cell.replace("|", "\\|")).toList();
            text.append("| ").append(String.join(" | ", cells)).append(" |\n");
            if (i == 0) {
                text.append("|---".repeat(lines.get(i).size())).append("|\n");
            }
        }
        return text.toString();
    }
}
