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

    /** Removes the data that it left in its directory; what the servers said stays. */
    public static void deleteAllButLogs(Path directory) {
        Sides.deleteAllButLogs(directory);
    }

    /** Carries it out. What fails does not keep the rest from being measured. */
    public static Outcome run(CompareOptions options, Journal journal) {
        try (LoadNetwork network = new LoadNetwork(1)) {
            Sides sides = new Sides(options, network, journal);
            List<Measurement> all = new ArrayList<>();
            if (LoadCase.all().stream().anyMatch(load -> options.wants(load.name()))) {
                options.nodes().forEach(nodes -> all.add(new LoadRows(sides, nodes)));
            }
            options.nodes().forEach(nodes -> addOfShape(all, sides, nodes));
            addOfOneVoter(all, sides);
            return new Sequence(journal, () -> Sides.deleteAllButLogs(options.directory())).run(all);
        }
    }

    private static void addOfShape(List<Measurement> all, Sides sides, int nodes) {
        CompareOptions options = sides.options();
        if (options.wants(ExpiryRow.NAME)) {
            all.add(new ExpiryRow(sides, nodes));
        }
        if (isMeasured(FailoverRow.KILLED, nodes) && options.wants(FailoverRow.KILLED)) {
            all.add(new FailoverRow(sides, nodes, false));
        }
        if (isMeasured(FailoverRow.SILENT, nodes) && options.wants(FailoverRow.SILENT)) {
            all.add(new FailoverRow(sides, nodes, true));
        }
        if (isMeasured(VisibleRow.NAME, nodes) && options.wants(VisibleRow.NAME)) {
            all.add(new VisibleRow(sides, nodes));
        }
    }

    private static void addOfOneVoter(List<Measurement> all, Sides sides) {
        CompareOptions options = sides.options();
        if (options.wants(StartRow.NAME)) {
            all.add(new StartRow(sides));
        }
        if (options.wants(IdleRow.NAME)) {
            all.add(new IdleRow(sides));
        }
        if (options.wants(RestartRow.NAME)) {
            all.add(new RestartRow(sides));
        }
    }
}
