package dev.rollcall.agent.cli;

import dev.rollcall.agent.config.LogFormat;
import dev.rollcall.agent.config.LogLevel;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The commands that ask a running agent. Errors are one line; exit code 2 for the start line, 1 for anything else. */
@Command(
        name = "rollcall",
        description = "Asks a running agent.",
        subcommands = {
            ServicesCommand.class,
            InstancesCommand.class,
            DrainCommand.class,
            MembersCommand.class,
            MemberCommand.class,
            MoveLeaderCommand.class,
            StatusCommand.class,
            SnapshotCommand.class,
            KvCommand.class,
            BenchCommand.class
        })
final class Commands {
    static final String DEFAULT_ENDPOINT = "http://127.0.0.1:2379";
    private static final String ENDPOINTS = "ROLLCALL_ENDPOINTS";

    private Commands() {}

    /** Does what the words say, and answers the exit code. */
    static int run(List<String> args, Map<String, String> environment, PrintStream out, PrintStream err) {
        // What a library has to say about a connection is in the one line of the error.
        Logging.configure(LogFormat.TEXT, LogLevel.ERROR);
        PrintWriter lines = new PrintWriter(out, false, StandardCharsets.UTF_8);
        PrintWriter complaints = new PrintWriter(err, true, StandardCharsets.UTF_8);
        CommandLine commands = new CommandLine(new Commands());
        explain(commands);
        int exit = commands.setOut(lines)
                .setErr(complaints)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpAutoWidth(true)
                .setDefaultValueProvider(arg -> fromEnvironment(arg, environment))
                .setParameterExceptionHandler((wrong, given) -> {
                    boolean command = wrong instanceof CommandLine.UnmatchedArgumentException
                            && wrong.getCommandLine() == commands;
                    String what = command ? "unknown command '" + given[0] + "'" : firstLine(wrong.getMessage());
                    complaints.println("rollcall: " + what + ", see "
                            + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help");
                    return Main.USAGE;
                })
                .setExecutionExceptionHandler((failure, command, result) -> {
                    complaints.println("rollcall: "
                            + (failure instanceof CommandFailure expected ? expected.line() : failure.toString()));
                    return 1;
                })
                .execute(args.toArray(String[]::new));
        lines.flush();
        return exit;
    }

    /** Gives every command its {@code --help}. */
    private static void explain(CommandLine command) {
        command.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("explains this command")
                        .build());
        command.getSubcommands().values().forEach(Commands::explain);
    }

    private static @Nullable String fromEnvironment(ArgSpec arg, Map<String, String> environment) {
        boolean endpoints =
                arg instanceof OptionSpec option && option.longestName().equals("--endpoints");
        String given = endpoints ? environment.get(ENDPOINTS) : null;
        return given == null || given.isBlank() ? null : given;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }
}
