package dev.rollcall.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FlagHelpTest {
    /** To bring the page up to date, run the test with {@code -Dtest.jvmArgs=-Dflags.write=true}. */
    @Test
    void thePageIsWrittenFromTheTable() throws IOException {
        Path page = Path.of("..", "docs", "flags.md");
        if (Boolean.getBoolean("flags.write")) {
            Files.writeString(page, FlagHelp.markdown());
        }
        assertEquals(FlagHelp.markdown(), Files.readString(page));
    }

    @Test
    void everyFlagIsInTheHelpAndInNoOtherTable() {
        for (Flag flag : Flag.values()) {
            assertTrue(FlagHelp.text().contains("--" + flag.flag() + " "), flag.flag());
            assertNull(EtcdFlags.named(flag.flag()), flag.flag());
        }
    }
}
