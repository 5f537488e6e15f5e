package dev.rollcall.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlagsTest {

    @Test
    void takesBothFormsAndSwitches() {
        Flags flags = parse("--name", "orders", "--port=8080", "--check");
        assertEquals("orders", flags.text("name"));
        assertEquals(8080, flags.number("port", 1));
        assertTrue(flags.has("check"));
        assertFalse(parse().has("check"));
        assertEquals(1, parse().number("port", 1));
    }

    @Test
    void saysWhatIsWrong() {
        assertEquals("unknown argument: --nmae", error("--nmae", "x"));
        assertEquals("unknown argument: orders", error("orders"));
        assertEquals("unknown argument: --check=yes", error("--check=yes"));
        assertEquals("--name needs a value", error("--name"));
        assertEquals(
                "--port is not a number: http",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> parse("--port", "http").number("port", 1))
                        .getMessage());
        assertEquals(
                "--name is missing",
                assertThrows(IllegalArgumentException.class, () -> parse().text("name"))
                        .getMessage());
    }

    private static Flags parse(String... args) {
        return Flags.parse(List.of(args), Set.of("name", "port"), Set.of("check"));
    }

    private static String error(String... args) {
        return ""
                + assertThrows(IllegalArgumentException.class, () -> parse(args))
                        .getMessage();
    }
}
