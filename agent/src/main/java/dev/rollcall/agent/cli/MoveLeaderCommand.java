package dev.rollcall.agent.cli;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.storage.proto.MoveLeaderRequest;
import dev.rollcall.storage.proto.MoveLeaderResponse;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "move-leader",
        description = "Hands leadership to a member. The leader must be among the endpoints, for only it can.",
        footer = {"", "Example: rollcall move-leader n2 --endpoints n1:2379,n2:2379,n3:2379"})
final class MoveLeaderCommand extends RemoteCommand {
    @Parameters(
            index = "0",
            paramLabel = "MEMBER",
            description = "id in hexadecimal, or the name of a member that has started")
    private String member = "";

    @Override
    public Integer call() {
        try (EtcdCalls calls = new EtcdCalls(endpoints())) {
            long id = MemberCommand.idOf(calls, member);
            MoveLeaderRequest request =
                    MoveLeaderRequest.newBuilder().setTargetID(id).build();
            Endpoint leader = leader(calls, endpoints());
            EtcdCalls.await(calls.start(leader, EtcdMethod.MOVE_LEADER, request, MoveLeaderResponse.parser()));
            out().println(
                            json()
                                    ? new JsonObject()
                                            .put("leader", Long.toHexString(id))
                                            .encode()
                                    : "member " + Long.toHexString(id) + " leads");
        }
        return 0;
    }

    private static Endpoint leader(EtcdCalls calls, List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            try {
                StatusResponse status = EtcdCalls.await(calls.start(
                        endpoint, EtcdMethod.STATUS, StatusRequest.getDefaultInstance(), StatusResponse.parser()));
                if (status.getLeader() != 0
                        && status.getLeader() == status.getHeader().getMemberId()) {
                    return endpoint;
                }
            } catch (CommandFailure e) {
                // The leader may be another.
            }
        }
        throw new CommandFailure("none of the endpoints leads: name all members with --endpoints");
    }
}
