package dev.rollcall.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/limits.md} names only flags and tests that there are. Its metrics are looked for on a running agent. */
class LimitsPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private final String page = read(ROOT.resolve("docs/limits.md"));

    @Test
    void itsFlagsExist() {
        Set<String> known = Arrays.stream(Flag.values()).map(Flag::flag).collect(Collectors.toSet());
        Set<String> named = named("`--([a-z-]+)`");
        assertTrue(named.size() > 4, named::toString);
        named.removeAll(known);
        assertEquals(Set.of(), named);
    }

    @Test
    void itsTestsExist() throws IOException {
        Set<String> named = named("`([A-Za-z]+(?:Test|IT))`");
        assertTrue(named.size() > 10, named::toString);
        try (Stream<Path> files = Files.walk(ROOT, 12)) {
            files.filter(file -> file.toString().contains("/src/test/java/"))
                    .map(file -> file.getFileName().toString().replace(".java", ""))
                    .forEach(named::remove);
        }
        assertEquals(Set.of(), named);
    }

    private Set<String> named(String pattern) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(page);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException("run from the module's directory", e);
        }
    }
}
