package dev.rollcall.raft.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A scenario file taken apart: its steps, and the remarks and blank lines between them. */
final class Scenario {
    static final String COMMAND = "> ";

    /**
     * @param line of the command in the file, from 1
     * @param before remarks and blank lines above the command
     * @param expected what the command is to print
     */
    record Step(int line, List<String> before, String command, List<String> expected) {}

    private final Path file;
    private final List<Step> steps = new ArrayList<>();
    private final List<String> end = new ArrayList<>();

    private Scenario(Path file) {
        this.file = file;
    }

    static Scenario read(Path file) {
        Scenario scenario = new Scenario(file);
        try {
            scenario.parse(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return scenario;
    }

    private void parse(List<String> lines) {
        List<String> between = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith(COMMAND)) {
                String command = line.substring(COMMAND.length());
                steps.add(new Step(i + 1, List.copyOf(between), command, new ArrayList<>()));
                between.clear();
            } else if (line.isBlank() || line.startsWith("#")) {
                between.add(line);
            } else if (steps.isEmpty() || !between.isEmpty()) {
                throw new IllegalArgumentException(where(i + 1) + " stands behind no command");
            } else {
                steps.get(steps.size() - 1).expected().add(line);
            }
        }
        end.addAll(between);
    }

    Path file() {
        return file;
    }

    /** The name of the file without its ending. */
    String name() {
        return file.getFileName().toString().replaceFirst("\\.txt$", "");
    }

    List<Step> steps() {
        return steps;
    }

    /** What the file says about itself before its first command. */
    List<String> header() {
        return steps.isEmpty()
                ? end
                : steps.get(0).before().stream().filter(l -> l.startsWith("#")).toList();
    }

    String where(int line) {
        return file + ":" + line;
    }

    /** Replaces what the file expects, one list for each step as far as they go. */
    void rewrite(List<List<String>> printed) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            lines.addAll(steps.get(i).before());
            lines.add(COMMAND + steps.get(i).command());
            lines.addAll(i < printed.size() ? printed.get(i) : steps.get(i).expected());
        }
        lines.addAll(end);
        try {
            Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
