package dev.rollcall.agent.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Aligned columns with a heading, easy to read and to cut. */
final class Table {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();

    Table(String... headings) {
        rows.add(headings);
    }

    /** One more row, a cell for each heading; null and empty cells show as a dash, so that a column never vanishes. */
    void row(@Nullable Object... cells) {
        String[] row = new String[rows.get(0).length];
        if (cells.length != row.length) {
            throw new IllegalArgumentException(cells.length + " cells for " + row.length + " headings");
        }
        for (int i = 0; i < row.length; i++) {
            String text = cells[i] == null ? "" : plain(String.valueOf(cells[i]));
            row[i] = text.isEmpty() ? "-" : text;
        }
        rows.add(row);
    }

    void print(PrintWriter out) {
        int[] widths = new int[rows.get(0).length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(row[i])
                        .append(" ".repeat(widths[i] - row[i].length()))
                        .append(GAP);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /** Anyone may register a service: what it calls itself must not move the cursor of who looks at it. */
    private static String plain(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
