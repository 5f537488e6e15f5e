package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.stream.Collectors;

/** Entries and memberships as words: {@code 3/1:set} is index 3 of term 1 with the command {@code set}. */
final class EntryText {
    private static final int SHOWN_MAX = 16;

    private EntryText() {}

    static String of(List<Entry> entries) {
        return entries.stream().map(EntryText::of).collect(Collectors.joining(" "));
    }

    static String of(Entry entry) {
        String place = entry.index() + "/" + entry.term();
        return switch (entry.kind()) {
            case NOOP -> place;
            case NORMAL -> place + ":" + command(entry.data());
            case CONFIG -> place + ":(" + of(ConfigEntry.decode(entry.data()).membership()) + ")";
        };
    }

    private static String command(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        return text.length() <= SHOWN_MAX ? text : text.charAt(0) + "*" + text.length();
    }

    /** {@code a*100} is a command of 100 bytes. */
    static String command(String word) {
        int star = word.indexOf('*');
        return star < 0 ? word : word.substring(0, star).repeat(Integer.parseInt(word.substring(star + 1)));
    }

    static String of(Membership membership) {
        StringBuilder text = new StringBuilder(ids(membership.voters()));
        if (!membership.outgoing().isEmpty()) {
            text.append(" leaving ").append(ids(membership.outgoing()));
        }
        if (!membership.learners().isEmpty()) {
            text.append(" learners ").append(ids(membership.learners()));
        }
        return text.toString();
    }

    static String ids(NavigableSet<Long> ids) {
        return ids.isEmpty() ? "none" : ids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /** A log by the terms of its entries, {@code 1,1,2:set}, from this index on. */
    static List<Entry> log(String terms, long first) {
        List<Entry> entries = new ArrayList<>();
        if (terms.isEmpty()) {
            return entries;
        }
        for (String word : terms.split(",", -1)) {
            int colon = word.indexOf(':');
            long term = Long.parseLong(colon < 0 ? word : word.substring(0, colon));
            byte[] data =
                    colon < 0 ? new byte[0] : command(word.substring(colon + 1)).getBytes(StandardCharsets.UTF_8);
            EntryKind kind = colon < 0 ? EntryKind.NOOP : EntryKind.NORMAL;
            entries.add(new Entry(first + entries.size(), term, kind, data));
        }
        return entries;
    }
}
