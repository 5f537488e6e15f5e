package dev.rollcall.agent.cli;

import dev.rollcall.agent.client.Endpoint;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drain",
        description = "Takes the services beside an agent out of traffic; they go on running.",
        footer = {"", "Example: rollcall drain --wait orders"})
final class DrainCommand extends RemoteCommand {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    /** Longer than any drain delay that makes sense. */
    private static final Duration WAIT_TIMEOUT = Duration.ofMinutes(10);

    @Parameters(
            paramLabel = "SERVICE",
            arity = "0..1",
            description = "only this service (default: all beside the agent)")
    private @Nullable String service;

    @Option(names = "--wait", description = "returns when endpoints have had time to notice")
    private boolean wait;

    @Option(names = "--undo", description = "puts them back into traffic")
    private boolean undo;

    @Override
    public Integer call() {
        List<Endpoint> endpoints = endpoints();
        if (endpoints.size() != 1) {
            throw usage("drain is for one agent: name it with --endpoints");
        }
        if (wait && undo) {
            throw usage("--wait and --undo contradict each other");
        }
        JsonObject request = new JsonObject();
        if (service != null) {
            request.put("service", service);
        }
        if (undo) {
            request.put("undo", true);
        }
        String body = new AgentHttp(endpoints)
                .post("/v1/agent/drain" + (wait ? "?wait=true" : ""), request.encode(), wait ? WAIT_TIMEOUT : TIMEOUT);
        if (json()) {
            out().println(body);
            return 0;
        }
        Table table = new Table("SERVICE", "ID", "STATUS", "STATE");
        for (JsonObject drained : Answer.list(new JsonObject(body), "services")) {
            table.row(
                    drained.getString("service"),
                    drained.getString("id"),
                    drained.getString("status"),
                    drained.getString("state"));
        }
        table.print(out());
        return 0;
    }
}
