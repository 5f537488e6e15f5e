package dev.rollcall.raft.scenario;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every file of {@code src/test/resources/scenarios} as a test of its name. */
class ScenarioTest {
    private static final Path SCENARIOS = Path.of("src/test/resources/scenarios");

    /** Writes what is printed into the files in place of what they expect. The difference is then read like any other. */
    private static final boolean WRITE = Boolean.getBoolean("scenario.write");

    @TestFactory
    Stream<DynamicTest> scenarios() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(SCENARIOS)) {
            files = found.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
        }
        assertFalse(files.isEmpty());
        return files.stream()
                .map(Scenario::read)
                .map(s -> DynamicTest.dynamicTest(s.name(), s.file().toUri(), () -> play(s)));
    }

    private static void play(Scenario scenario) {
        assertTrue(
                scenario.header().stream().anyMatch(l -> l.startsWith("# Source: ")),
                scenario.where(1) + " does not say where the situation comes from");
        Stage stage = new Stage();
        List<List<String>> all = new ArrayList<>();
        for (Scenario.Step step : scenario.steps()) {
            List<String> printed;
            try {
                printed = stage.run(step.command());
            } catch (RuntimeException | AssertionError e) {
                rewrite(scenario, all);
                throw new AssertionError(
                        scenario.where(step.line()) + ": " + step.command() + ": " + e.getMessage(), e);
            }
            all.add(printed);
            if (!WRITE && !printed.equals(step.expected())) {
                fail(scenario.where(step.line()) + ": " + Scenario.COMMAND + step.command() + "\n"
                        + difference(step.expected(), printed));
            }
        }
        rewrite(scenario, all);
    }

    private static void rewrite(Scenario scenario, List<List<String>> printed) {
        if (WRITE) {
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
