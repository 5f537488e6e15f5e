package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.load.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A line on the terminal that is written over as the load goes on, and wiped at its end. */
final class ProgressBar implements Progress {
    private static final int WIDTH = 40;
    private static final String WIPE = "\r\033[K";

    private final PrintWriter terminal;
    private final String unit;
    private long shownPercent = -1;

    private ProgressBar(PrintWriter terminal, String unit) {
        this.terminal = terminal;
        this.unit = unit;
    }

    /** A bar on the terminal; nothing if there is none, as in a script or a pipe. */
    static Progress of(PrintWriter terminal, String unit) {
        return isTerminal() ? new ProgressBar(terminal, unit) : Progress.NONE;
    }

    /** Java cannot say whether standard error is a terminal; Linux can. */
    private static boolean isTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    @Override
    public void at(long done, long total) {
        long percent = total == 0 ? 100 : Math.min(100, done * 100 / total);
        if (percent == shownPercent) {
            return;
        }
        shownPercent = percent;
        terminal.print(done >= total ? WIPE : "\r" + bar(done, total, unit));
        terminal.flush();
    }

    /** The bar as text. */
    static String bar(long done, long total, String unit) {
        int full = (int) (total == 0 ? WIDTH : Math.min(WIDTH, done * WIDTH / total));
        return String.format(
                Locale.ROOT, "[%s%s] %,d of %,d %s", "=".repeat(full), " ".repeat(WIDTH - full), done, total, unit);
    }
}
