package dev.rollcall.agent.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;

@Command(
        name = "members",
        description = "The members of the cluster; one that does not answer has neither term nor applied index.",
        footer = {"", "Example: rollcall members --endpoints n1:2379,n2:2379"})
final class MembersCommand extends RemoteCommand {
    @Override
    public Integer call() {
        String body = new AgentHttp(endpoints()).get("/v1/members");
        if (json()) {
            out().println(body);
            return 0;
        }
        Table table = new Table("ID", "NAME", "ROLE", "LEADER", "TERM", "APPLIED", "PEER URLS", "CLIENT URLS");
        for (JsonObject member : Answer.list(new JsonArray(body))) {
            table.row(
                    member.getString("id"),
                    member.getString("name"),
                    member.getString("role"),
                    Boolean.TRUE.equals(member.getValue("leader")) ? "yes" : "",
                    member.getValue("term"),
                    member.getValue("applied"),
                    Answer.words(member, "peerUrls"),
                    Answer.words(member, "clientUrls"));
        }
        table.print(out());
        return 0;
    }
}
