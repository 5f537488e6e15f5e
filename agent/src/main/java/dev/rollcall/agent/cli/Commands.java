package dev.rollcall.agent.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The commands that ask a running agent. */
final class Commands {
    private Commands() {}

    static int run(List<String> args, Map<String, String> environment, PrintStream out, PrintStream err) {
        err.println("rollcall: unknown command '" + args.get(0) + "', see rollcall --help");
        return Main.USAGE;
    }
}
