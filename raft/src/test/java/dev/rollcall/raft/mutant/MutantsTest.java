package dev.rollcall.raft.mutant;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.rollcall.raft.sim.SimulationFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part of the proof that is quick: no patch has gone stale, and one that is easily caught is caught. */
class MutantsTest {
    @TempDir
    Path directory;

    @Test
    void everyPatchAppliesAndCompiles() throws IOException {
        List<String> stale = new ArrayList<>();
        List<Mutant> mutants = Mutant.all();
        for (Mutant mutant : mutants) {
            try {
                mutant.compileInto(directory.resolve(mutant.name()));
            } catch (Patch.DoesNotApply e) {
                stale.add(mutant.name() + ": " + e.getMessage());
            }
        }
        if (!stale.isEmpty()) {
            fail(String.join("\n\n", stale));
        }
        assertTrue(mutants.size() >= 30, mutants.size() + " mutants");
    }

    @Test
    void unbrokenCodeSurvivesInTheSameHarness() throws Exception {
        Files.createDirectories(directory.resolve("classes"));
        LongConsumer simulator = Mutant.simulator(directory);
        simulator.accept(1);
    }

    @Test
    void brokenCodeIsCaught() throws Exception {
        Mutant mutant = Mutant.all().stream()
                .filter(m -> m.name().equals("leader-counts-what-is-not-durable"))
                .findAny()
                .orElseThrow();
        mutant.compileInto(directory);
        LongConsumer simulator = Mutant.simulator(directory);
        AssertionError caught = assertThrows(AssertionError.class, () -> {
            for (long seed = 1; seed <= mutant.seeds(); seed++) {
                simulator.accept(seed);
            }
        });
        assertTrue(caught.getClass().getName().equals(SimulationFailure.class.getName()), caught.toString());
    }
}
