package dev.rollcall.raft.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The files of {@code src/test/resources/scenarios}: plays them, or writes down what they print now. */
public final class Scenarios {
    private static final Path FOLDER = Path.of("src/test/resources/scenarios");

    private static final String ENDING = ".txt";

    /** Writes what is printed into the files in place of what they expect. The difference is then read like any other. */
    static final boolean WRITE = Boolean.getBoolean("scenario.write");

    private Scenarios() {}

    /** Every file, by folder and name. */
    static List<Scenario> all() {
        return files(name -> name.endsWith(ENDING));
    }

    private static List<Scenario> files(Predicate<String> named) {
        try (Stream<Path> found = Files.walk(FOLDER)) {
            return found.filter(f -> named.test(f.getFileName().toString()))
                    .sorted()
                    .map(Scenario::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Plays the file of this name.
     *
     * @throws AssertionError if it prints something other than it expects
     */
    public static void play(String name) {
        List<Scenario> found = files((name + ENDING)::equals);
        if (found.size() != 1) {
            throw new IllegalArgumentException(found.size() + " scenarios are named " + name);
        }
        play(found.get(0), WRITE);
    }

    /** @param write whether to take down what is printed instead of comparing it */
    static void play(Scenario scenario, boolean write) {
        Stage stage = new Stage();
        List<List<String>> all = new ArrayList<>();
        for (Scenario.Step step : scenario.steps()) {
            List<String> printed;
            try {
                printed = stage.run(step.command());
            } catch (RuntimeException | AssertionError e) {
                takeDown(write, scenario, all);
                throw new AssertionError(
                        scenario.where(step.line()) + ": " + step.command() + ": " + e.getMessage(), e);
            }
            all.add(printed);
            if (!write && !printed.equals(step.expected())) {
                throw new AssertionError(scenario.where(step.line()) + ": " + Scenario.COMMAND + step.command() + "\n"
                        + difference(step.expected(), printed));
            }
        }
        takeDown(write, scenario, all);
    }

    private static void takeDown(boolean write, Scenario scenario, List<List<String>> printed) {
        if (write) {
            scenario.rewrite(printed);
        }
    }

    /** Lines expected with -, lines printed with +, lines that are both with neither. */
    private static String difference(List<String> expected, List<String> printed) {
        StringBuilder text = new StringBuilder();
        expected.forEach(l -> text.append(printed.contains(l) ? "" : "- " + l + "\n"));
        printed.forEach(
                l -> text.append(expected.contains(l) ? "  " : "+ ").append(l).append('\n'));
        return text.toString();
    }
}
