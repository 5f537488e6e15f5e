package dev.rollcall.agent.cli;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddRequest;
import dev.rollcall.storage.proto.MemberAddResponse;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberPromoteResponse;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberRemoveResponse;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.MemberUpdateResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "member",
        description = "Changes who is a member of the cluster.",
        subcommands = {
            MemberCommand.Add.class,
            MemberCommand.Remove.class,
            MemberCommand.Update.class,
            MemberCommand.Promote.class,
            MemberCommand.ListAll.class
        },
        footer = {"", "Example: rollcall member add n4 --learner --peer-urls http://n4:2380"})
final class MemberCommand {
    private static final String MEMBER = "id in hexadecimal, or the name of a member that has started";

    /** What the changes of one member have in common. */
    abstract static class OfMember extends RemoteCommand {
        @Parameters(index = "0", paramLabel = "MEMBER", description = MEMBER)
        private String member = "";

        @Override
        public final Integer call() {
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                long id = idOf(calls, member);
                show(change(calls, id), id);
            }
            return 0;
        }

        /** Makes the change; the members after it. */
        abstract List<Member> change(EtcdCalls calls, long id);

        /** What was done, in a word. */
        abstract String done();

        private void show(List<Member> members, long id) {
            out().println(
                            json()
                                    ? MemberCommand.json(members).encode()
                                    : "member " + Long.toHexString(id) + " " + done());
        }
    }

    @Command(
            name = "add",
            description = {
                "Adds a member, and prints the flags that it is to be started with.",
                "A voter counts at once, also while it does not run yet: add a learner first and promote it once it follows."
            },
            footer = {"", "Example: rollcall member add n4 --learner --peer-urls http://n4:2380"})
    static final class Add extends RemoteCommand {
        @Parameters(index = "0", paramLabel = "NAME", description = "name it will have")
        private String name = "";

        @Option(
                names = "--peer-urls",
                paramLabel = "URL,..",
                required = true,
                split = ",",
                description = "where its peers will reach it")
        private List<String> peerUrls = List.of();

        @Option(names = "--learner", description = "gets the log, without a vote")
        private boolean learner;

        @Override
        public Integer call() {
            MemberAddRequest request = MemberAddRequest.newBuilder()
                    .addAllPeerURLs(peerUrls)
                    .setIsLearner(learner)
                    .build();
            MemberAddResponse response;
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                response = calls.call(EtcdMethod.MEMBER_ADD, request, MemberAddResponse.parser());
            }
            Member added = response.getMember();
            if (json()) {
                out().println(MemberCommand.json(response.getMembersList()).encode());
                return 0;
            }
            out().println("member " + Long.toHexString(added.getID()) + " added; start it with");
            out().println("  --name " + name + " \\");
            out().println("  --initial-advertise-peer-urls " + String.join(",", added.getPeerURLsList()) + " \\");
            out().println("  --initial-cluster " + initialCluster(response.getMembersList(), added.getID()) + " \\");
            out().println("  --initial-cluster-state existing");
            return 0;
        }

        private String initialCluster(List<Member> members, long added) {
            List<String> named = new ArrayList<>();
            for (Member member : members) {
                String called = member.getID() == added
                        ? name
                        : member.getName().isEmpty() ? Long.toHexString(member.getID()) : member.getName();
                member.getPeerURLsList().forEach(url -> named.add(called + "=" + url));
            }
            return String.join(",", named);
        }
    }

    @Command(
            name = "remove",
            description = "Removes a member for good; its process ends.",
            footer = {"", "Example: rollcall member remove n3"})
    static final class Remove extends OfMember {
        @Override
        List<Member> change(EtcdCalls calls, long id) {
            MemberRemoveRequest request =
                    MemberRemoveRequest.newBuilder().setID(id).build();
            return calls.call(EtcdMethod.MEMBER_REMOVE, request, MemberRemoveResponse.parser())
                    .getMembersList();
        }

        @Override
        String done() {
            return "removed";
        }
    }

    @Command(
            name = "update",
            description = "Tells the others where a member is reached from now on.",
            footer = {"", "Example: rollcall member update n3 --peer-urls http://10.0.0.9:2380"})
    static final class Update extends OfMember {
        @Option(
                names = "--peer-urls",
                paramLabel = "URL,..",
                required = true,
                split = ",",
                description = "where its peers reach it")
        private List<String> peerUrls = List.of();

        @Override
        List<Member> change(EtcdCalls calls, long id) {
            MemberUpdateRequest request = MemberUpdateRequest.newBuilder()
                    .setID(id)
                    .addAllPeerURLs(peerUrls)
                    .build();
            return calls.call(EtcdMethod.MEMBER_UPDATE, request, MemberUpdateResponse.parser())
                    .getMembersList();
        }

        @Override
        String done() {
            return "updated";
        }
    }

    @Command(
            name = "promote",
            description = "Makes a learner that has caught up a voter.",
            footer = {"", "Example: rollcall member promote n4"})
    static final class Promote extends OfMember {
        @Override
        List<Member> change(EtcdCalls calls, long id) {
            MemberPromoteRequest request =
                    MemberPromoteRequest.newBuilder().setID(id).build();
            return calls.call(EtcdMethod.MEMBER_PROMOTE, request, MemberPromoteResponse.parser())
                    .getMembersList();
        }

        @Override
        String done() {
            return "promoted";
        }
    }

    @Command(
            name = "list",
            description = "The members as the log has them. For how they are doing: rollcall members.",
            footer = {"", "Example: rollcall member list --endpoints n1:2379"})
    static final class ListAll extends RemoteCommand {
        @Override
        public Integer call() {
            List<Member> members;
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                members = list(calls);
            }
            if (json()) {
                out().println(MemberCommand.json(members).encode());
                return 0;
            }
            Table table = new Table("ID", "NAME", "ROLE", "PEER URLS", "CLIENT URLS");
            for (Member member : members) {
                table.row(
                        Long.toHexString(member.getID()),
                        member.getName(),
                        role(member),
                        String.join(",", member.getPeerURLsList()),
                        String.join(",", member.getClientURLsList()));
            }
            table.print(out());
            return 0;
        }
    }

    private MemberCommand() {}

    private static List<Member> list(EtcdCalls calls) {
        MemberListRequest request =
                MemberListRequest.newBuilder().setLinearizable(true).build();
        return calls.call(EtcdMethod.MEMBER_LIST, request, MemberListResponse.parser())
                .getMembersList();
    }

    /** The id of a member that is named by it or by its name. */
    static long idOf(EtcdCalls calls, String member) {
        for (Member row : list(calls)) {
            if (row.getName().equals(member) || Long.toHexString(row.getID()).equalsIgnoreCase(member)) {
                return row.getID();
            }
        }
        throw new CommandFailure("the cluster has no member '" + member + "'");
    }

    private static String role(Member member) {
        return member.getIsLearner() ? "learner" : "voter";
    }

    private static JsonArray json(List<Member> members) {
        JsonArray rows = new JsonArray();
        for (Member member : members) {
            rows.add(new JsonObject()
                    .put("id", Long.toHexString(member.getID()))
                    .put("name", member.getName())
                    .put("role", role(member))
                    .put("peerUrls", new JsonArray(new ArrayList<>(member.getPeerURLsList())))
                    .put("clientUrls", new JsonArray(new ArrayList<>(member.getClientURLsList()))));
        }
        return rows;
    }
}
