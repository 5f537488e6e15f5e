package dev.rollcall.raft.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every file of {@code src/test/resources/scenarios} as a test of its name. */
class ScenarioTest {
    @TestFactory
    Stream<DynamicTest> scenarios() {
        return Scenarios.all().stream()
                .map(s ->
                        DynamicTest.dynamicTest(s.name(), s.file().toUri(), () -> Scenarios.play(s, Scenarios.WRITE)));
    }

    @Test
    void everyFileHasANameOfItsOwnAndSaysWhatItIsAndWhereItComesFrom() {
        TreeSet<String> names = new TreeSet<>();
        for (Scenario scenario : Scenarios.all()) {
            assertTrue(names.add(scenario.name()), scenario.where(1));
            assertTrue(scenario.header().size() >= 2, scenario.where(1));
            assertTrue(
                    scenario.header().stream().anyMatch(l -> l.startsWith("# Source: ")),
                    scenario.where(1) + " does not say where the situation comes from");
        }
        assertTrue(names.size() >= 60, names.size() + " files");
    }

    @Test
    void differenceIsToldWithItsPlace(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("wrong.txt");
        Files.writeString(file, "# One voter.\n\n> cluster 1\n> tick 1\n1 FOLLOWER term=9\n");
        AssertionError told = assertThrows(AssertionError.class, () -> Scenarios.play(Scenario.read(file), false));
        assertEquals(
                file + ":4: > tick 1\n- 1 FOLLOWER term=9\n+ 1 LEADER term=1 vote=1 leader=1 last=1 commit=1\n",
                told.getMessage());
    }

    @Test
    void mistakesInAFileAreToldWithTheirPlace(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("mistaken.txt");
        Files.writeString(file, "> cluster 1\n> tock 1\n");
        AssertionError told = assertThrows(AssertionError.class, () -> Scenarios.play(Scenario.read(file), false));
        assertEquals(file + ":2: tock 1: no command tock", told.getMessage());
        Files.writeString(file, "> cluster 1 elections=5\n");
        told = assertThrows(AssertionError.class, () -> Scenarios.play(Scenario.read(file), false));
        assertEquals(file + ":1: cluster 1 elections=5: cluster does not know elections", told.getMessage());
        Files.writeString(file, "1 LEADER\n> cluster 1\n");
        assertThrows(IllegalArgumentException.class, () -> Scenario.read(file));
    }
}
