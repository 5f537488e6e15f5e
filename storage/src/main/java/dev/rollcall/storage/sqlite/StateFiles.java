package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of state files and of copies, and which of them a directory may do without. */
final class StateFiles {
    private static final Pattern GENERATION = Pattern.compile("state-(\\d{1,18})\\.db");
    private static final Pattern COPY = Pattern.compile("copy-\\d+\\.db");

    private StateFiles() {}

    /** A state file's name; null if {@code name} is none. */
    static boolean isGeneration(String name) {
        return GENERATION.matcher(name).matches();
    }

    static String copy(long number) {
        return "copy-" + number + ".db";
    }

    /** The first name that no file of this directory has, behind all that do. */
    static String next(Path directory) throws IOException {
        long highest = 0;
        try (var files = Files.newDirectoryStream(directory, "state-*.db*")) {
            for (Path file : files) {
                Matcher name = GENERATION.matcher(withoutSuffix(file));
                highest = name.matches() ? Math.max(highest, Long.parseLong(name.group(1))) : highest;
            }
        }
        return "state-" + (highest + 1) + ".db";
    }

    /** At start: deletes unfinished copies and generations that were switched away from. */
    static void deleteAllBut(Path directory, String stateFile) {
        try (var files = Files.newDirectoryStream(directory, "*.db*")) {
            for (Path file : files) {
                String name = withoutSuffix(file);
                boolean old = isGeneration(name) && !name.equals(stateFile);
                if (old || COPY.matcher(name).matches()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new DataDirectoryException("cannot clear " + directory + ": " + e, e);
        }
    }

    /** Deletes a state file that is closed, and what SQLite may have left beside it. */
    static void delete(Path stateFile) throws IOException {
        for (String suffix : new String[] {"", "-wal", "-shm", "-journal"}) {
            Files.deleteIfExists(Path.of(stateFile + suffix));
        }
    }

    private static String withoutSuffix(Path file) {
        return String.valueOf(file.getFileName()).replaceFirst("-(wal|shm|journal)$", "");
    }
}
