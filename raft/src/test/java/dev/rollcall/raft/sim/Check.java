package dev.rollcall.raft.sim;

import org.jspecify.annotations.Nullable;

/** Something that must hold. */
final class Check {
    private Check() {}

    /** @param otherwise what is wrong if it does not hold; the evidence is put where it says {@code %s} */
    static void that(boolean holds, String otherwise, @Nullable Object... evidence) {
        if (!holds) {
            throw new IllegalStateException(filled(otherwise, evidence));
        }
    }

    private static String filled(String text, @Nullable Object... evidence) {
        StringBuilder filled = new StringBuilder();
        int from = 0;
        for (Object part : evidence) {
            int hole = text.indexOf("%s", from);
            filled.append(text, from, hole).append(part);
            from = hole + 2;
        }
        return filled.append(text.substring(from)).toString();
    }
}
