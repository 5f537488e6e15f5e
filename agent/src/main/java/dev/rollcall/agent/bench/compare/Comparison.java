package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.wire.LoadNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All rows that are wanted, one after the other. */
public final class Comparison {
    /** Names of all rows, for {@code --only}. */
    public static List<String> rowNames() {
        List<String> names = new ArrayList<>();
        LoadCase.all().forEach(load -> names.add(load.name()));
        names.addAll(List.of(
                ExpiryRow.NAME,
                FailoverRow.KILLED,
                FailoverRow.SILENT,
                VisibleRow.NAME,
                StartRow.NAME,
                IdleRow.NAME,
                RestartRow.NAME));
        return names;
    }

    private Comparison() {}

    /** Whether a row is measured with so many members: some need others who are left, or another one to look from. */
    public static boolean isMeasured(String row, int nodes) {
        return switch (row) {
            case FailoverRow.KILLED, FailoverRow.SILENT -> nodes > 2;
            case VisibleRow.NAME -> nodes > 1;
            default -> true;
        };
    }

    /** Where it takes place and what is compared: lines that belong above its tables. */
    public static List<String> describe(CompareOptions options) throws InterruptedException {
        return Machine.describe(options);
    }

    /** Removes what it left in its directory, and the directory. */
    public static void delete(Path directory) {
        Sides.delete(directory);
    }

    /** Carries it out. */
    public static List<Row> run(CompareOptions options, Journal journal) throws InterruptedException {
        List<Row> rows = new ArrayList<>();
        try (LoadNetwork network = new LoadNetwork(1)) {
            Sides sides = new Sides(options, network, journal);
            for (int nodes : options.nodes()) {
                rows.addAll(new LoadRows(sides, nodes).measure());
            }
            for (int nodes : options.nodes()) {
                addOfShape(rows, sides, nodes);
            }
            addOfOneVoter(rows, sides);
        }
        return rows;
    }

    private static void addOfShape(List<Row> rows, Sides sides, int nodes) throws InterruptedException {
        CompareOptions options = sides.options();
        if (options.wants(ExpiryRow.NAME)) {
            rows.add(new ExpiryRow(sides, nodes).measure());
        }
        if (isMeasured(FailoverRow.KILLED, nodes) && options.wants(FailoverRow.KILLED)) {
            rows.add(new FailoverRow(sides, nodes, false).measure());
        }
        if (isMeasured(FailoverRow.SILENT, nodes) && options.wants(FailoverRow.SILENT)) {
            rows.add(new FailoverRow(sides, nodes, true).measure());
        }
        if (isMeasured(VisibleRow.NAME, nodes) && options.wants(VisibleRow.NAME)) {
            rows.addAll(new VisibleRow(sides, nodes).measure());
        }
    }

    private static void addOfOneVoter(List<Row> rows, Sides sides) throws InterruptedException {
        CompareOptions options = sides.options();
        if (options.wants(StartRow.NAME)) {
            rows.add(new StartRow(sides).measure());
        }
        if (options.wants(IdleRow.NAME)) {
            rows.addAll(new IdleRow(sides).measure());
        }
        if (options.wants(RestartRow.NAME)) {
            rows.addAll(new RestartRow(sides).measure());
        }
    }
}
