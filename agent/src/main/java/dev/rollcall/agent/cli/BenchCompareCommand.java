package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.compare.CompareOptions;
import dev.rollcall.agent.bench.compare.Comparison;
import dev.rollcall.agent.bench.compare.Interruption;
import dev.rollcall.agent.bench.compare.Journal;
import dev.rollcall.agent.bench.compare.Outcome;
import dev.rollcall.agent.bench.compare.Product;
import dev.rollcall.agent.bench.compare.Report;
import dev.rollcall.agent.bench.compare.Row;
import dev.rollcall.agent.bench.load.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "compare",
        description =
                "Rollcall and etcd side by side: starts both on this machine, puts the same loads on both in turn,"
                        + " and shows medians and their ratio.",
        footer = {
            "",
            "Examples:",
            "  rollcall bench compare --etcd /usr/bin/etcd -w markdown",
            "  rollcall bench compare --etcd /usr/bin/etcd --nodes 1 --only put-100 --rounds 3 --warm-up 50000"
        })
final class BenchCompareCommand implements Callable<Integer> {
    enum Format {
        table,
        markdown,
        json
    }

    /** What a shell makes of SIGINT. */
    private static final int INTERRUPTED = 130;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--etcd", required = true, paramLabel = "PATH", description = "an etcd binary, 3.4 or later")
    private Path etcd = Path.of("etcd");

    @Option(
            names = "--rollcall",
            paramLabel = "PATH",
            description = "Rollcall's launcher (default: that of this program)")
    private @Nullable Path rollcall;

    @Option(
            names = "--nodes",
            split = ",",
            paramLabel = "N",
            description = "shapes: members on each side (default: 1,3)")
    private List<Integer> nodes = List.of(1, 3);

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "ROW",
            description = "only these, of: ${COMPLETION-CANDIDATES}; put stands for all that begin with put-",
            completionCandidates = Rows.class)
    private List<String> only = List.of();

    @Option(names = "--rounds", paramLabel = "N", description = "of each load (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "operations on each side before the first round (default: ${DEFAULT-VALUE})")
    private long warmUp = 300_000;

    @Option(
            names = "--key-space",
            paramLabel = "N",
            description = "different keys, all put before (default: ${DEFAULT-VALUE})")
    private long keySpace = 100_000;

    @Option(
            names = "--scale",
            paramLabel = "FACTOR",
            description = "of the size of a round (default: ${DEFAULT-VALUE})")
    private double scale = 1;

    @Option(
            names = "--trials",
            paramLabel = "N",
            description = "starts, kills and the like (default: ${DEFAULT-VALUE})")
    private int trials = 10;

    @Option(names = "--keys", paramLabel = "N", description = "of the rows about many keys (default: ${DEFAULT-VALUE})")
    private int keys = 1_000_000;

    @Option(names = "--leases", paramLabel = "N", description = "that expire together (default: ${DEFAULT-VALUE})")
    private int leases = 100_000;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description =
                    "for data, on the disk that is to be measured; emptied of it afterwards (default: a temporary one)")
    private @Nullable Path directory;

    @Option(
            names = {"-w", "--write-out"},
            paramLabel = "FORMAT",
            description = "table, markdown or json (default: ${DEFAULT-VALUE})")
    private Format format = Format.table;

    @Override
    public Integer call() {
        check();
        // A signal lets this thread tell what was measured and clean up before the process ends.
        Interruption interruption = Interruption.ofThisThread();
        try {
            Product ours = Product.rollcall(launcher());
            Product theirs = Product.etcd(etcd);
            return compare(ours, theirs, newDirectory());
        } catch (BenchException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            return INTERRUPTED;
        } finally {
            interruption.close();
        }
    }

    private int compare(Product ours, Product theirs, Path data) throws InterruptedException {
        boolean logsAreWanted = false;
        try {
            Outcome outcome = compare(new CompareOptions(
                    ours,
                    theirs,
                    data,
                    List.copyOf(nodes),
                    List.copyOf(only),
                    rounds,
                    warmUp,
                    keySpace,
                    scale,
                    trials,
                    keys,
                    leases));
            if (outcome.interrupted()) {
                spec.commandLine().getErr().println("rollcall: interrupted: not all was measured");
                return INTERRUPTED;
            }
            List<String> unsound = outcome.unsound().stream()
                    .map(row -> row.what() + ", " + row.nodes() + " node(s)")
                    .toList();
            if (!unsound.isEmpty()) {
                logsAreWanted = true;
                throw new CommandFailure(
                        "failed, or with errors: " + String.join("; ", unsound) + " (logs are in " + data + ")");
            }
            return 0;
        } finally {
            if (logsAreWanted) {
                Comparison.deleteAllButLogs(data);
            } else {
                Comparison.delete(data);
            }
        }
    }

    private Path newDirectory() {
        Path given = directory;
        Path parent = given == null ? Path.of(System.getProperty("java.io.tmpdir")) : given;
        try {
            return Files.createTempDirectory(parent, "rollcall-compare-");
        } catch (IOException e) {
            throw new CommandFailure("cannot make a directory in " + parent + ": " + e.getMessage());
        }
    }

    private Outcome compare(CompareOptions options) throws InterruptedException {
        List<String> machine = Comparison.describe(options);
        Outcome outcome = Comparison.run(options, new Lines(spec.commandLine().getErr()));
        if (format == Format.json) {
            spec.commandLine().getOut().println(CompareJson.of(options, machine, outcome));
        } else {
            print(machine, outcome.rows());
        }
        // Whoever ends this process with a signal does not wait for long.
        spec.commandLine().getOut().flush();
        return outcome;
    }

    private void check() {
        for (int shape : nodes) {
            require(shape >= 1 && shape <= 7, "--nodes: 1 to 7 expected, not " + shape);
        }
        for (String name : only) {
            require(
                    Comparison.rowNames().stream().anyMatch(row -> row.equals(name) || row.startsWith(name + "-")),
                    "--only: there is no row '" + name + "', only " + String.join(", ", Comparison.rowNames()));
        }
        require(
                nodes.stream().anyMatch(this::hasRows),
                "--only: " + String.join(", ", only) + " is not measured with these --nodes");
        require(rounds >= 1, "--rounds: 1 or more expected, not " + rounds);
        require(warmUp >= 0, "--warm-up: 0 or more expected, not " + warmUp);
        require(keySpace >= 1_000 && keySpace <= 9_999_999, "--key-space: 1000 to 9999999 expected, not " + keySpace);
        require(scale > 0 && scale <= 1_000, "--scale: above 0 and up to 1000 expected, not " + scale);
        require(trials >= 1, "--trials: 1 or more expected, not " + trials);
        require(keys >= 1 && keys <= 9_999_999, "--keys: 1 to 9999999 expected, not " + keys);
        require(leases >= 1 && leases <= 1_000_000, "--leases: 1 to 1000000 expected, not " + leases);
    }

    private boolean hasRows(int shape) {
        return only.isEmpty()
                || Comparison.rowNames().stream()
                        .filter(row -> only.stream().anyMatch(name -> row.equals(name) || row.startsWith(name + "-")))
                        .anyMatch(row -> Comparison.isMeasured(row, shape));
    }

    private void require(boolean right, String otherwise) {
        if (!right) {
            throw new CommandLine.ParameterException(spec.commandLine(), otherwise);
        }
    }

    private Path launcher() {
        Path given = rollcall;
        if (given != null) {
            return given;
        }
        return Launcher.find()
                .orElseThrow(() -> new CommandFailure("the launcher is not found: name it with --rollcall"));
    }

    private void print(List<String> machine, List<Row> rows) {
        PrintWriter out = spec.commandLine().getOut();
        machine.forEach(line -> out.println("* " + line));
        out.println("* cells: Rollcall : etcd · ratio; medians of " + rounds
                + " rounds that alternate between the two, after " + warmUp + " operations on each; MB: a member's");
        for (List<List<String>> table : List.of(Report.loads(rows), Report.others(rows))) {
            if (table.size() > 1) {
                out.println();
                print(out, table);
            }
        }
        List<String> remarks = Report.remarks(rows);
        if (!remarks.isEmpty()) {
            out.println();
            remarks.forEach(remark -> out.println("* " + remark));
        }
    }

    private void print(PrintWriter out, List<List<String>> lines) {
        if (format == Format.markdown) {
            out.print(Report.markdown(lines));
            return;
        }
        Table table = new Table(lines.get(0).toArray(String[]::new));
        for (List<String> line : lines.subList(1, lines.size())) {
            table.row((Object[]) line.toArray(String[]::new));
        }
        table.print(out);
    }

    /** Names of the rows, for the help. */
    static final class Rows extends ArrayList<String> {
        Rows() {
            super(Comparison.rowNames());
        }
    }

    /** Tells of the rounds on standard error, as they come. */
    private record Lines(PrintWriter err) implements Journal {
        @Override
        public void say(String line) {
            err.println(line);
        }

        @Override
        public Progress progress(String unit) {
            return ProgressBar.of(err, unit);
        }
    }
}
