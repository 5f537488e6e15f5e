package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every metric that {@code docs/limits.md} names is on the page of a running voter. */
class LimitsPageIT {
    @Test
    void itsMetricsExist(@TempDir Path directory) throws Exception {
        Matcher names = Pattern.compile("`((?:rollcall|etcd)_[a-z_]+)`")
                .matcher(Files.readString(Path.of("../docs/limits.md")));
        Set<String> missing = new TreeSet<>();
        while (names.find()) {
            missing.add(names.group(1));
        }
        assertTrue(missing.size() > 20, missing::toString);
        try (AgentProcess agent = AgentProcess.singleVoter("n1", directory)) {
            agent.start();
            Vitals vitals = new Vitals(agent.clientPort());
            vitals.awaitReady();
            vitals.get("/metrics")
                    .body()
                    .lines()
                    .forEach(line -> missing.remove(line.split("[ {]", 2)[0].replaceFirst("_(count|sum|bucket)$", "")));
        }
        assertEquals(Set.of(), missing);
    }
}
