package dev.rollcall.agent.cli;

import dev.rollcall.agent.Agent;
import dev.rollcall.agent.Version;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.ConfigLoader;
import dev.rollcall.agent.config.FlagHelp;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Entry point of the jar. The way to an agent touches nothing that only commands need, so that a sidecar starts at once.
 */
public final class Main {
    /** Exit code for a start line that cannot be followed. */
    static final int USAGE = 2;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final ToIntFunction<AgentConfig> agent;

    Main(Map<String, String> environment, PrintStream out, PrintStream err, ToIntFunction<AgentConfig> agent) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.agent = agent;
    }

    public static void main(String[] args) {
        int exit = new Main(System.getenv(), System.out, System.err, Agent::run).run(List.of(args));
        System.out.flush();
        System.exit(exit);
    }

    /** Does what the start line says, and answers the exit code. */
    int run(List<String> args) {
        if (args.isEmpty()) {
            return ConfigLoader.environmentNamesAgent(environment) ? agent(args) : help();
        }
        String first = args.get(0);
        if (first.equals("agent")) {
            return agent(args.subList(1, args.size()));
        }
        if (first.startsWith("-")) {
            return agent(args);
        }
        if (first.equals("help")) {
            return args.size() == 1 ? help() : commands(List.of(args.get(1), "--help"));
        }
        if (first.equals("version")) {
            return version();
        }
        return commands(args);
    }

    private int agent(List<String> args) {
        for (String arg : args) {
            switch (arg) {
                case "-h", "-help", "--help" -> {
                    return help();
                }
                case "-version", "--version" -> {
                    return version();
                }
                default -> {
                    // A flag, left to the loader.
                }
            }
        }
        AgentConfig config;
        try {
            config = ConfigLoader.load(args.toArray(String[]::new), environment);
        } catch (ConfigException e) {
            err.println("rollcall: " + e.line());
            return USAGE;
        }
        Logging.configure(config.logFormat(), config.logLevel());
        return agent.applyAsInt(config);
    }

    private int commands(List<String> args) {
        return Commands.run(args, environment, out, err);
    }

    private int version() {
        out.println("rollcall " + Version.ROLLCALL);
        out.println("etcd API " + Version.ETCD_SERVER);
        return 0;
    }

    private int help() {
        out.print("""
                Rollcall: service discovery beside every service, with the etcd v3 API.

                Usage:
                  rollcall [agent] [flags]    runs an agent
                  rollcall demo               shows a small cluster at work
                  rollcall COMMAND [options]  asks a running agent

                Commands:
                """);
        for (String line : Arrays.asList(
                "services          the services and how many of their instances get traffic",
                "instances NAME    the instances of a service",
                "drain [NAME]      takes the services beside an agent out of traffic",
                "members           the members of the cluster",
                "member            add, remove, update, promote, list: who is a member",
                "move-leader NAME  hands leadership to a member",
                "status            what each endpoint says of itself",
                "snapshot          save, status, restore: the whole state in a file",
                "kv                get, put, del, watch: keys and values",
                "bench             loads a server and measures it, or compares two")) {
            out.println("  " + line);
        }
        out.print("""

                Examples:
                  rollcall --name n1 --data-dir /var/lib/rollcall
                  rollcall --join n1:2379 --service orders --service-port 8080
                  rollcall instances orders

                A flag wins over ROLLCALL_<NAME> in the environment, which wins over ETCD_<NAME> where etcd has the flag.
                """);
        out.print(FlagHelp.text());
        out.println("\n  rollcall COMMAND --help explains a command.");
        return 0;
    }
}
