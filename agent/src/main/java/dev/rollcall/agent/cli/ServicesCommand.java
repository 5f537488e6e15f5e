package dev.rollcall.agent.cli;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;

@Command(
        name = "services",
        description = "The services, and how many of their instances get traffic.",
        footer = {"", "Example: rollcall services -w json"})
final class ServicesCommand extends RemoteCommand {
    @Override
    public Integer call() {
        String body = new AgentHttp(endpoints()).get("/v1/services");
        if (json()) {
            out().println(body);
            return 0;
        }
        Table table = new Table("SERVICE", "ENDPOINTS", "INSTANCES");
        for (JsonObject service : Answer.list(new JsonObject(body), "services")) {
            table.row(service.getString("name"), service.getValue("endpoints"), service.getValue("instances"));
        }
        table.print(out());
        return 0;
    }
}
