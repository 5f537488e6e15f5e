package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the parts of a payload one after the other; whatever is not there throws {@link IllegalArgumentException}. */
final class Wire {
    private static final int MAX_STRINGS = 64;

    private final Buffer in;
    private int at;

    Wire(Buffer in, int from) {
        this.in = in;
        this.at = from;
    }

    int number() {
        return in.getInt(take(Integer.BYTES));
    }

    long id() {
        return in.getLong(take(Long.BYTES));
    }

    byte code() {
        return in.getByte(take(1));
    }

    /** A count of things that take at least {@code bytesEach}. */
    int count(int bytesEach) {
        int count = number();
        if (count < 0 || count > (in.length() - at) / bytesEach) {
            throw new IllegalArgumentException("a payload claims " + count + " parts and is too short for them");
        }
        return count;
    }

    String string() {
        int bytes = count(1);
        int from = take(bytes);
        return in.getString(from, from + bytes, StandardCharsets.UTF_8.name());
    }

    List<String> strings() {
        int count = count(Integer.BYTES);
        if (count > MAX_STRINGS) {
            throw new IllegalArgumentException("a payload has a list of " + count + " texts");
        }
        List<String> strings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            strings.add(string());
        }
        return List.copyOf(strings);
    }

    private int take(int bytes) {
        if (bytes > in.length() - at) {
            throw new IllegalArgumentException("a payload of " + in.length() + " bytes is cut short");
        }
        int from = at;
        at += bytes;
        return from;
    }

    static void putString(Buffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.appendInt(bytes.length).appendBytes(bytes);
    }

    static void putStrings(Buffer out, List<String> texts) {
        out.appendInt(texts.size());
        texts.forEach(text -> putString(out, text));
    }
}
