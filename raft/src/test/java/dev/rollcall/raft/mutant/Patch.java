package dev.rollcall.raft.mutant;

import java.util.ArrayList;
import java.util.List;

/**
 * The change of one file, as a unified diff says it. A hunk goes where its old lines stand: they must stand in exactly one
 * place of the file, whatever the line numbers say, or the patch does not apply.
 *
 * @param path of the file, from the root of the source tree
 * @param hunks in order
 */
record Patch(String path, List<Hunk> hunks) {

    /** Lines to be replaced, with their surroundings, and what replaces them. */
    record Hunk(List<String> before, List<String> after) {}

    /** A patch and its file no longer fit each other. */
    static final class DoesNotApply extends Exception {
        DoesNotApply(String message) {
            super(message);
        }
    }

    /** Reads every file's change out of a diff; lines before the first one are ignored. */
    static List<Patch> parse(List<String> diff) {
        List<Patch> patches = new ArrayList<>();
        int at = 0;
        while (at < diff.size()) {
            if (!diff.get(at).startsWith("--- ")) {
                at++;
                continue;
            }
            String path = diff.get(at + 1).replaceFirst("^\\+\\+\\+ b/", "");
            at += 2;
            List<Hunk> hunks = new ArrayList<>();
            while (at < diff.size() && diff.get(at).startsWith("@@")) {
                int end = at + 1;
                while (end < diff.size() && isHunkLine(diff.get(end))) {
                    end++;
                }
                hunks.add(hunk(diff.subList(at + 1, end)));
                at = end;
            }
            patches.add(new Patch(path, List.copyOf(hunks)));
        }
        return patches;
    }

    private static boolean isHunkLine(String line) {
        return !line.startsWith("@@") && !line.startsWith("--- ");
    }

    private static Hunk hunk(List<String> lines) {
        List<String> before = new ArrayList<>();
        List<String> after = new ArrayList<>();
        for (String line : lines) {
            char kind = line.isEmpty() ? ' ' : line.charAt(0);
            String text = line.isEmpty() ? "" : line.substring(1);
            switch (kind) {
                case ' ' -> {
                    before.add(text);
                    after.add(text);
                }
                case '-' -> before.add(text);
                case '+' -> after.add(text);
                default -> throw new IllegalArgumentException("no line of a diff: " + line);
            }
        }
        return new Hunk(List.copyOf(before), List.copyOf(after));
    }

    /** The file's text with the change made. */
    String applyTo(String text) throws DoesNotApply {
        List<String> lines = new ArrayList<>(text.lines().toList());
        for (Hunk hunk : hunks) {
            int place = placeOf(hunk.before, lines);
            lines.subList(place, place + hunk.before.size()).clear();
            lines.addAll(place, hunk.after);
        }
        return String.join("\n", lines) + "\n";
    }

    private int placeOf(List<String> wanted, List<String> lines) throws DoesNotApply {
        int found = -1;
        for (int i = 0; i + wanted.size() <= lines.size(); i++) {
            if (lines.subList(i, i + wanted.size()).equals(wanted)) {
                if (found >= 0) {
                    throw new DoesNotApply(path + " holds this more than once:\n" + String.join("\n", wanted));
                }
                found = i;
            }
        }
        if (found < 0) {
            throw new DoesNotApply(path + " does not hold this:\n" + String.join("\n", wanted));
        }
        return found;
    }
}
