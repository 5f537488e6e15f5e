package dev.rollcall.registry.dns;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Types of DNS records that have a part in the answers, with their numbers. */
public enum RecordType {
    A(1),
    CNAME(5),
    AAAA(28),
    SRV(33);

    private final int number;

    RecordType(int number) {
        this.number = number;
    }

    /** As it stands in a DNS message. */
    public int number() {
        return number;
    }

    /** Reads a name or a number; null if it is none of these. */
    public static @Nullable RecordType parse(String text) {
        for (RecordType type : values()) {
            if (type.name().equals(text.toUpperCase(Locale.ROOT))
                    || Integer.toString(type.number).equals(text)) {
                return type;
            }
        }
        return null;
    }
}
