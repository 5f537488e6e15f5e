package dev.rollcall.agent.config;

import java.util.Locale;

/** The table of flags as text: for {@code --help} and for {@code docs/flags.md}. */
public final class FlagHelp {
    private FlagHelp() {}

    /** The flags, one or two lines each, by section. */
    public static String text() {
        StringBuilder text = new StringBuilder(8_192);
        for (Flag.Section section : Flag.Section.values()) {
            text.append('\n').append(section.title()).append(" flags:\n");
            for (Flag flag : Flag.values()) {
                if (flag.section() == section) {
                    String head = "--" + flag.flag() + " " + flag.placeholder();
                    String line = String.format(Locale.ROOT, "  %-42s %s", head, byDefault(flag));
                    text.append(line.stripTrailing()).append('\n');
                    text.append("      ")
                            .append(flag.meaning())
                            .append(more(flag))
                            .append('\n');
                }
            }
        }
        return text.toString();
    }

    /** The same as a page of documentation. */
    public static String markdown() {
        StringBuilder page = new StringBuilder(16_384);
        page.append("""
                # Flags of an agent

                `-name x`, `--name x` and `--name=x` all work. A flag wins over its variable `ROLLCALL_<NAME>`, which wins over
                `ETCD_<NAME>`; the latter is read only for flags that etcd has. Times carry a unit: `500ms`, `10s`, `1h30m`.

                Flags of etcd that are not below are accepted with a warning that names them. Those about TLS and authentication are
                errors, and so are `https://` URLs: an agent never starts less secure than asked. `--config-file` and `--discovery*`
                are errors too, because the agent would become a member of something else than asked.

                Exit codes: 2 for flags, environment and files that cannot be followed, 1 for anything else.

                This page is written from the table that the agent itself reads; the build fails if the two differ.
                """);
        for (Flag.Section section : Flag.Section.values()) {
            page.append("\n## ").append(section.title()).append("\n\n");
            page.append("| Flag | Variable | Default | Meaning |\n|---|---|---|---|\n");
            for (Flag flag : Flag.values()) {
                if (flag.section() == section) {
                    page.append("| `--")
                            .append(flag.flag())
                            .append(' ')
                            .append(cell(flag.placeholder()))
                            .append("` | `ROLLCALL_")
                            .append(flag.environment())
                            .append(flag.etcd() ? "`, `ETCD_" + flag.environment() : "")
                            .append("` | ")
                            .append(flag.defaultText().isEmpty() ? "" : "`" + cell(flag.defaultText()) + "`")
                            .append(" | ")
                            .append(cell(flag.meaning()))
                            .append(more(flag))
                            .append(" |\n");
                }
            }
        }
        page.append("""

                A service's variables are `ROLLCALL_APP_*`: Kubernetes injects `ROLLCALL_SERVICE_PORT` and the like for a Service named
                rollcall, so `ROLLCALL_SERVICE_*` is never read, and a `*_PORT` value that begins with `tcp://` is ignored.

                ## Services file

                ```yaml
                services:
                  - name: orders
                    port: 8080
                    zone: eu-1
                    tags: [blue]
                    meta: {version: "7"}
                    ttl: 10s
                    checks:
                      - http: http://127.0.0.1:8080/healthz
                        interval: 2s
                        timeout: 1s
                        rise: 2
                        fall: 3
                ```

                `name` and `port` are required; `id`, `address` and `weight` may be given too. Unknown keys are errors with line and column.
                """);
        return page.toString();
    }

    private static String more(Flag flag) {
        return flag.repeated() ? " May be given many times; separated by commas in the environment." : "";
    }

    private static String byDefault(Flag flag) {
        return flag.defaultText().isEmpty() ? "" : "(" + flag.defaultText() + ")";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
