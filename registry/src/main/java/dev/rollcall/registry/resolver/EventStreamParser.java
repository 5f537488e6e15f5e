package dev.rollcall.registry.resolver;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * Cuts a {@code text/event-stream} body into events, by the WHATWG rules that matter to a client that never resumes:
 * lines end in LF, CR or CRLF, a blank line ends an event, data lines are joined by LF, comments and unknown fields are
 * skipped. The {@code id} is not kept, because every event of an agent is a full list.
 */
final class EventStreamParser {

    private static final String DEFAULT_EVENT = "message";
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final int maxEventBytes;
    private final BiConsumer<String, String> onEvent;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final StringBuilder data = new StringBuilder();
    private String event = DEFAULT_EVENT;
    private boolean hasData;
    private boolean firstLine = true;
    private boolean afterCarriageReturn;

    /**
     * @param maxEventBytes how much one event may hold before {@link #feed} refuses it
     * @param onEvent gets an event's name and data
     */
    EventStreamParser(int maxEventBytes, BiConsumer<String, String> onEvent) {
        this.maxEventBytes = maxEventBytes;
        this.onEvent = onEvent;
    }

    /** Takes the next bytes of the body; {@code IllegalArgumentException} if an event grows beyond its limit. */
    void feed(Buffer chunk) {
        byte[] bytes = chunk.getBytes();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b != '\n' && b != '\r') {
                afterCarriageReturn = false;
                continue;
            }
            if (b == '\n' && afterCarriageReturn) {
                afterCarriageReturn = false;
            } else {
                append(bytes, start, i);
                endLine();
                afterCarriageReturn = b == '\r';
            }
            start = i + 1;
        }
        append(bytes, start, bytes.length);
    }

    private void append(byte[] bytes, int from, int to) {
        if (line.size() + data.length() + (to - from) > maxEventBytes) {
            throw new IllegalArgumentException("event larger than " + maxEventBytes + " bytes");
        }
        line.write(bytes, from, to - from);
    }

    private void endLine() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (firstLine && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
            text = text.substring(1);
        }
        firstLine = false;
        if (text.isEmpty()) {
            endEvent();
        } else {
            field(text);
        }
    }

    private void field(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1);
        if (value.startsWith(" ")) {
            value = value.substring(1);
        }
        if (name.equals("event")) {
            event = value;
        } else if (name.equals("data")) {
            if (hasData) {
                data.append('\n');
            }
            data.append(value);
            hasData = true;
        }
    }

    private void endEvent() {
        String name = event;
        String text = data.toString();
        boolean complete = hasData;
        event = DEFAULT_EVENT;
        data.setLength(0);
        hasData = false;
        if (complete) {
            onEvent.accept(name, text);
        }
    }
}
