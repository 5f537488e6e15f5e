package dev.rollcall.agent.cli;

import dev.rollcall.agent.client.Endpoint;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every command that asks an agent has: where to ask, and for whom to answer. */
abstract class RemoteCommand implements Callable<Integer> {
    /** How answers are written. */
    enum Format {
        table,
        json
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--endpoints",
            paramLabel = "URL,..",
            description = "agents to ask, the first that answers (default: $ROLLCALL_ENDPOINTS, else ${DEFAULT-VALUE})")
    private String endpoints = Commands.DEFAULT_ENDPOINT;

    @Option(
            names = {"-w", "--write-out"},
            paramLabel = "FORMAT",
            description = "table for people, json for machines (default: ${DEFAULT-VALUE})")
    private Format format = Format.table;

    /** Where to ask. A wrong one is an error of the start line. */
    final List<Endpoint> endpoints() {
        try {
            return Endpoint.parseList(endpoints);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    final boolean json() {
        return format == Format.json;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** The command's own name. */
    final String name() {
        return spec.name();
    }

    /** An error of the start line. */
    final CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
