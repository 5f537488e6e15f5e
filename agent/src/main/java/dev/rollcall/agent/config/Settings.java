package dev.rollcall.agent.config;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The start line and the environment as they were given, flag by flag; nothing is interpreted yet. */
final class Settings {
    /** As Go's flag package reads them, so that an etcd start line means the same here. */
    private static final Set<String> BOOLEANS =
            Set.of("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False");

    /**
     * A flag that was given.
     *
     * @param values at least one; exactly one unless the flag may be repeated
     * @param origin what the operator wrote: {@code --name} or {@code ROLLCALL_NAME}
     * @param onStartLine a flag, not a variable
     */
    record Setting(List<String> values, String origin, boolean onStartLine) {
        /** The value that counts: the last one. */
        String value() {
            return values.get(values.size() - 1);
        }

        ConfigException wrong(String what) {
            return new ConfigException(origin + ": " + what);
        }
    }

    private final Map<Flag, Setting> given = new EnumMap<>(Flag.class);
    private final List<String> warnings = new ArrayList<>();

    private Settings() {}

    /**
     * @param args the start line without the command
     * @param environment the process's environment
     */
    static Settings read(List<String> args, Map<String, String> environment) throws ConfigException {
        Settings settings = new Settings();
        Set<String> foreignOnLine = settings.readLine(args);
        settings.readEnvironment(environment, foreignOnLine);
        return settings;
    }

    /** Whether the environment names a flag, so that a bare start means an agent. */
    static boolean nameAgent(Map<String, String> environment) {
        for (Flag flag : Flag.values()) {
            if (variable(flag, environment) != null) {
                return true;
            }
        }
        return false;
    }

    @Nullable
    Setting get(Flag flag) {
        return given.get(flag);
    }

    boolean has(Flag flag) {
        return given.containsKey(flag);
    }

    /** The flags that were given, in the order of the table. */
    Map<Flag, Setting> given() {
        return given;
    }

    /** What to log at the start. */
    List<String> warnings() {
        return warnings;
    }

    private Set<String> readLine(List<String> args) throws ConfigException {
        Set<String> foreignOnLine = new TreeSet<>();
        int at = 0;
        while (at < args.size()) {
            String arg = args.get(at);
            at++;
            if (!arg.startsWith("-") || arg.equals("-") || arg.equals("--")) {
                throw new ConfigException("unexpected argument '" + arg + "': an agent takes only flags, see --help");
            }
            String body = arg.substring(arg.startsWith("--") ? 2 : 1);
            int equals = body.indexOf('=');
            String name = equals < 0 ? body : body.substring(0, equals);
            @Nullable String value = equals < 0 ? null : body.substring(equals + 1);
            Flag flag = Flag.named(name);
            EtcdFlags.Foreign foreign = flag == null ? EtcdFlags.named(name) : null;
            if (flag == null && foreign == null) {
                throw unknown(name);
            }
            if (value == null && foreign != null && foreign.bool()) {
                value = "true";
            }
            if (value == null) {
                if (at == args.size() || isFlag(args.get(at))) {
                    throw new ConfigException("--" + name + " needs a value");
                }
                value = args.get(at);
                at++;
            }
            if (flag != null) {
                put(flag, "--" + name, value);
            } else if (foreign != null) {
                foreignOnLine.add(name);
                warn(foreign, "--" + name, value);
            }
        }
        return foreignOnLine;
    }

    private void put(Flag flag, String origin, String value) {
        Setting before = given.get(flag);
        List<String> values = new ArrayList<>();
        if (flag.repeated() && before != null) {
            values.addAll(before.values());
        }
        values.add(value);
        given.put(flag, new Setting(List.copyOf(values), origin, true));
    }

    private void warn(EtcdFlags.Foreign foreign, String origin, String value) throws ConfigException {
        String read = value;
        if (foreign.bool()) {
            if (!value.isBlank() && !BOOLEANS.contains(value)) {
                throw new ConfigException(origin + ": '" + value + "' is neither true nor false");
            }
            read = value.isBlank() ? "" : Boolean.toString("1tT".contains(value.substring(0, 1)));
        }
        String warning = EtcdFlags.answer(foreign, origin, read);
        if (warning != null) {
            warnings.add(warning);
        }
    }

    private void readEnvironment(Map<String, String> environment, Set<String> foreignOnLine) throws ConfigException {
        for (Flag flag : Flag.values()) {
            @Nullable String variable = given.containsKey(flag) ? null : variable(flag, environment);
            if (variable != null) {
                String value = String.valueOf(environment.get(variable));
                List<String> values = flag.repeated() ? Values.list(value) : List.of(value);
                if (!values.isEmpty()) {
                    given.put(flag, new Setting(values, variable, false));
                }
            }
        }
        List<String> found = new ArrayList<>();
        for (EtcdFlags.Foreign foreign : EtcdFlags.all()) {
            @Nullable String variable = variable(environmentName(foreign.name()), true, environment);
            if (variable != null && !foreignOnLine.contains(foreign.name())) {
                found.add(foreign.name());
            }
        }
        found.sort(null);
        for (String name : found) {
            EtcdFlags.Foreign foreign = EtcdFlags.named(name);
            @Nullable String variable = variable(environmentName(name), true, environment);
            if (foreign != null && variable != null) {
                warn(foreign, variable, String.valueOf(environment.get(variable)));
            }
        }
    }

    private static @Nullable String variable(Flag flag, Map<String, String> environment) {
        return variable(flag.environment(), flag.etcd(), environment);
    }

    private static @Nullable String variable(String tail, boolean etcd, Map<String, String> environment) {
        for (String prefix : etcd ? List.of("ROLLCALL_", "ETCD_") : List.of("ROLLCALL_")) {
            String value = environment.get(prefix + tail);
            // Kubernetes injects PORT variables of this form for a Service whose name begins with ours.
            boolean injected = value != null && tail.endsWith("_PORT") && value.startsWith("tcp://");
            if (value != null && !value.isBlank() && !injected) {
                return prefix + tail;
            }
        }
        return null;
    }

    private static String environmentName(String flag) {
        return flag.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static boolean isFlag(String arg) {
        return arg.startsWith("--") && Flag.named(arg.substring(2).split("=", 2)[0]) != null;
    }

    private static ConfigException unknown(String name) {
        String nearest = "";
        int best = 3;
        for (Flag flag : Flag.values()) {
            int distance = Values.editDistance(name, flag.flag());
            if (distance < best) {
                best = distance;
                nearest = flag.flag();
            }
        }
        String hint = nearest.isEmpty() ? "see --help" : "did you mean --" + nearest + "?";
        return new ConfigException("unknown flag --" + name + ": " + hint);
    }
}
