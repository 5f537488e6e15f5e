package dev.rollcall.examples.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The terminal: lines that stay, and below them a table that is drawn anew in place. Where the output is no terminal, the
 * table is printed as it comes.
 */
final class Screen {

    private final PrintStream out;
    private final boolean terminal;
    private List<String> table = List.of();

    Screen(PrintStream out) {
        this.out = out;
        this.terminal = isTerminal();
    }

    /** Whether tables are drawn in place. */
    boolean terminal() {
        return terminal;
    }

    /** A line that stays. */
    synchronized void say(String line) {
        clearTable();
        out.println(line);
        drawTable();
    }

    /** Shows this table instead of the last one. */
    synchronized void show(List<String> lines) {
        clearTable();
        table = lines;
        drawTable();
        if (!terminal) {
            table = List.of();
        }
    }

    private void clearTable() {
        if (terminal && !table.isEmpty()) {
            out.print("\r\033[" + table.size() + "A\033[J");
        }
    }

    private void drawTable() {
        table.forEach(out::println);
        out.flush();
    }

    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException noProcFileSystem) {
            return false;
        }
    }
}
