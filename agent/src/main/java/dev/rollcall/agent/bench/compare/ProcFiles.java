package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says of a process. Source: proc(5). */
final class ProcFiles {
    /** Linux gives processor time to user space in hundredths of a second, whatever its own tick is. */
    private static final double US_PER_TICK = 10_000;

    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;
    private static final double KIB_PER_MB = 1e6 / 1024;

    private ProcFiles() {}

    /** Processor time it has taken, user and system, all threads, in microseconds. */
    static double cpuUs(long pid) {
        String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
        // The name, in parentheses, may itself contain anything.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME])) * US_PER_TICK;
    }

    /** Resident memory in MB of 1,000,000 bytes. */
    static double residentMb(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "status"))
                        .lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow(() -> new BenchException("process " + pid + " has ended"))
                / KIB_PER_MB;
    }

    private static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new BenchException("cannot read " + path + ": has the process ended?", e);
        }
    }
}
