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
        return names;
    }

    private Comparison() {}

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
        }
        return rows;
    }
}
