package dev.rollcall.registry.resolver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventStreamParserTest {

    private final List<String> events = new ArrayList<>();
    private final EventStreamParser parser = new EventStreamParser(100, (name, data) -> events.add(name + "=" + data));

    @Test
    void readsNamesDataAndSkipsTheRest() {
        parser.feed(Buffer.buffer(": hello\n\nevent: a\nid: 7\nretry: 5\ndata: x\ndata:y\nodd\n\ndata: z\n\n"));
        assertEquals(List.of("a=x\ny", "message=z"), events);
    }

    @Test
    void takesEveryLineEndAndEveryCutInside() {
        byte[] text =
                "\uFEFFevent: é\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\rdata: 3\n\n".getBytes(StandardCharsets.UTF_8);
        for (byte b : text) {
            parser.feed(Buffer.buffer(new byte[] {b}));
        }
        assertEquals(List.of("é=1", "b=2", "message=3"), events);
    }

    @Test
    void anEventWithoutDataIsNone() {
        parser.feed(Buffer.buffer("event: a\n\ndata\n\n"));
        assertEquals(List.of("message="), events);
    }

    @Test
    void refusesAnEventBeyondItsLimitHoweverItIsCut() {
        parser.feed(Buffer.buffer("data: " + "x".repeat(60) + "\n"));
        assertThrows(IllegalArgumentException.class, () -> parser.feed(Buffer.buffer("data: " + "x".repeat(60))));
    }
}
