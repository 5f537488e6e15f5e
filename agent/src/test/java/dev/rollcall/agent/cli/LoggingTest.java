package dev.rollcall.agent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.config.LogFormat;
import dev.rollcall.agent.config.LogLevel;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LoggingTest {
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

    @AfterEach
    void restore() {
        System.setErr(before);
        Logging.configure(LogFormat.TEXT, LogLevel.INFO);
    }

    @Test
    void textForPeople() {
        List<String> logged = log(LogFormat.TEXT, LogLevel.INFO);
        assertEquals(2, logged.size());
        assertTrue(
                logged.get(0)
                        .matches(
                                "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) INFO  LoggingTest: ready term=3"));
        // A message cannot make itself look like two.
        assertTrue(logged.get(1).endsWith("WARN  LoggingTest: two lines"));
    }

    @Test
    void jsonForMachines() {
        List<String> logged = log(LogFormat.JSON, LogLevel.DEBUG);
        assertEquals(3, logged.size());
        JsonObject ready = new JsonObject(logged.get(0));
        assertEquals("info", ready.getString("level"));
        assertEquals("ready", ready.getString("msg"));
        assertEquals("3", ready.getString("term"));
        assertTrue(ready.getString("ts").endsWith("Z"));
        assertEquals("two\nlines", new JsonObject(logged.get(1)).getString("msg"));
        assertTrue(new JsonObject(logged.get(2)).getString("error").contains("IllegalStateException: why"));
    }

    @Test
    void librariesKeepQuiet() {
        System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
        Logging.configure(LogFormat.TEXT, LogLevel.DEBUG);
        assertFalse(LoggerFactory.getLogger("io.vertx.core").isInfoEnabled());
        assertFalse(LoggerFactory.getLogger("io.netty.util").isDebugEnabled());
    }

    private List<String> log(LogFormat format, LogLevel level) {
        System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
        Logging.configure(format, level);
        Logger logger = LoggerFactory.getLogger(LoggingTest.class);
        logger.atInfo().addKeyValue("term", 3).log("ready");
        logger.warn("two\nlines");
        logger.debug("detail", new IllegalStateException("why"));
        return lines.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
