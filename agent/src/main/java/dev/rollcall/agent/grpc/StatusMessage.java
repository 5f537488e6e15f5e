package dev.rollcall.agent.grpc;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The {@code grpc-message} header: UTF-8, where every byte but printable ASCII, and the percent sign itself, is written as
 * {@code %XX}. Source: gRPC over HTTP/2, "Responses". Other encodings than this one survive as well when read, so a text
 * arrives byte for byte whoever encoded it.
 */
public final class StatusMessage {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private StatusMessage() {}

    /** The header's value for a text. */
    public static String encode(String text) {
        boolean plain = true;
        for (int i = 0; i < text.length() && plain; i++) {
            plain = isPlain(text.charAt(i));
        }
        if (plain) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (isPlain((char) (b & 0xff))) {
                out.append((char) b);
            } else {
                out.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
            }
        }
        return out.toString();
    }

    /** The text of a header's value; a percent sign that begins no escape stands for itself. */
    public static String decode(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(value.length());
        int i = 0;
        while (i < value.length()) {
            char c = value.charAt(i);
            int escaped = c == '%' ? escaped(value, i) : -1;
            if (escaped >= 0) {
                out.write(escaped);
                i += 3;
            } else {
                byte[] literal = String.valueOf(c).getBytes(StandardCharsets.UTF_8);
                out.write(literal, 0, literal.length);
                i++;
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c <= '~' && c != '%';
    }

    private static int escaped(String value, int at) {
        if (at + 2 >= value.length()) {
            return -1;
        }
        int high = Character.digit(value.charAt(at + 1), 16);
        int low = Character.digit(value.charAt(at + 2), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}
