package dev.rollcall.examples.demo;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The live table: members, instances, and what the gateways count, all as the agents and gateways tell it. */
final class Board {

    private final Cast cast;
    private final AgentApi api;

    Board(Cast cast, AgentApi api) {
        this.cast = cast;
        this.api = api;
    }

    /** The table as it is now. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(row("AGENT", "ROLE", "TERM", "", "ADDRESS"));
        addAgents(lines);
        lines.add("");
        lines.add(row("INSTANCE", "STATUS", "TTL LEFT", "ANSWERED", "FAILED"));
        JsonObject off = stats(cast.gatewayWithoutRetries());
        JsonObject on = stats(cast.gatewayWithRetries());
        addInstances(lines, off, on);
        lines.add("");
        lines.add(gateway("retries off", off));
        lines.add(gateway("retries on", on));
        return lines;
    }

    private void addAgents(List<String> lines) {
        List<AgentApi.Member> members = List.of();
        for (Sidecar voter : cast.voters()) {
            List<AgentApi.Member> seen = voter.isAgentAlive() ? api.members(voter.clientPort()) : null;
            if (seen != null) {
                members = seen;
                break;
            }
        }
        for (Sidecar sidecar : cast.all()) {
            AgentApi.Member member = members.stream()
                    .filter(m -> m.name().equals(sidecar.agentName()))
                    .findFirst()
                    .orElse(null);
            String role = sidecar.isVoter() ? "voter" : "client";
            String term = "-";
            if (!sidecar.isAgentAlive()) {
                role += ", down";
            } else if (member != null) {
                role = member.leader() ? "leader" : role;
                term = member.term() == null ? "-" : "" + member.term();
            }
            lines.add(row(sidecar.agentName(), role, term, "", sidecar.clientAddress()));
        }
    }

    private void addInstances(List<String> lines, @Nullable JsonObject off, @Nullable JsonObject on) {
        Map<String, AgentApi.Registration> registrations = null;
        for (Sidecar sidecar : cast.all()) {
            if (registrations == null && sidecar.isAgentAlive()) {
                registrations = api.registrations(sidecar.clientPort(), Cast.SERVICES);
            }
        }
        for (Sidecar sidecar : cast.all()) {
            AgentApi.Registration registration = registrations == null ? null : registrations.get(sidecar.instance());
            Double left = sidecar.isAgentAlive() ? api.ttlRemainingSeconds(sidecar.clientPort()) : null;
            lines.add(row(
                    sidecar.instance(),
                    registration == null ? "-" : registration.status(),
                    left == null ? "-" : String.format(Locale.ROOT, "%.0f s", left),
                    "" + (count(off, sidecar, "answered") + count(on, sidecar, "answered")),
                    ""
                            + (count(off, sidecar, "unreachable")
                                    + count(off, sidecar, "broken")
                                    + count(on, sidecar, "unreachable")
                                    + count(on, sidecar, "broken"))));
        }
    }

    private @Nullable JsonObject stats(int gatewayPort) {
        return api.getObject(gatewayPort, "/_stats");
    }

    private static long count(@Nullable JsonObject stats, Sidecar sidecar, String what) {
        if (stats == null) {
            return 0;
        }
        JsonObject counts =
                stats.getJsonObject("instances").getJsonObject(sidecar.service() + "/" + sidecar.instance());
        return counts == null ? 0 : counts.getLong(what);
    }

    private static String gateway(String name, @Nullable JsonObject stats) {
        return stats == null
                ? "gateway, " + name + ": not there"
                : String.format(
                        Locale.ROOT,
                        "gateway, %-11s %8d requests, %d failed, %d tried again",
                        name + ":",
                        stats.getLong("requests"),
                        stats.getLong("problems"),
                        stats.getLong("retried"));
    }

    private static String row(String first, String second, String third, String fourth, String fifth) {
        return String.format(Locale.ROOT, "%-12s %-14s %-9s %9s  %s", first, second, third, fourth, fifth);
    }
}
