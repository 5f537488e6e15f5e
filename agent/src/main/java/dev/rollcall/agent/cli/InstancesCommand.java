package dev.rollcall.agent.cli;

import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "instances",
        description = "The instances of a service, in any status. Exit code 1 if there is none.",
        footer = {"", "Example: rollcall instances orders"})
final class InstancesCommand extends RemoteCommand {
    @Parameters(paramLabel = "SERVICE", description = "name of the service")
    private String service = "";

    @Override
    public Integer call() {
        String path = "/v1/services/" + URLEncoder.encode(service, StandardCharsets.UTF_8) + "?all=true";
        String body = new AgentHttp(endpoints()).get(path);
        List<JsonObject> instances = Answer.list(new JsonObject(body), "instances");
        if (json()) {
            out().println(body);
        } else if (!instances.isEmpty()) {
            print(instances);
        }
        if (instances.isEmpty()) {
            throw new CommandFailure("no instance of '" + service + "' is registered");
        }
        return 0;
    }

    private void print(List<JsonObject> instances) {
        Table table = new Table("ID", "ADDRESS", "STATUS", "ZONE", "WEIGHT", "TAGS");
        for (JsonObject instance : instances) {
            String address = instance.getString("address", "");
            String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
            table.row(
                    instance.getString("id"),
                    host + ":" + instance.getValue("port"),
                    instance.getString("status"),
                    instance.getString("zone"),
                    instance.getValue("weight"),
                    Answer.words(instance, "tags"));
        }
        table.print(out());
    }
}
