package dev.rollcall.agent.process;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.Upstream;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
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
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Voters as processes whose number changes: three to begin with, others made when they are to join. */
final class LiveCluster implements AutoCloseable {
    private static final long CALL_S = 20;
    private static final String INSTALLED = "the state is a snapshot at entry";

    /** One member's place on this machine. It keeps its ports when its process or its directory is replaced. */
    final class Node {
        final String name;
        final String client;
        String peer;
        final Path data;
        /** As in {@link AgentProcess#under}, from its next start on. */
        List<String> program = List.of();

        Map<String, String> variables = Map.of();
        /** Flags besides those that every member has. */
        List<String> flags = List.of();
        /** Options for its JVM. */
        List<String> jvm = List.of();

        AgentProcess process;

        private Node(String name) {
            List<Integer> ports = TestCluster.ports(2);
            this.name = name;
            this.client = "http://127.0.0.1:" + ports.get(0);
            this.peer = "http://127.0.0.1:" + ports.get(1);
            this.data = directory.resolve(name);
            this.process = new AgentProcess(name, directory, List.of());
        }

        void start(String state, Collection<Node> initial) {
            List<String> named =
                    initial.stream().map(node -> node.name + "=" + node.peer).toList();
            List<String> arguments = new ArrayList<>(List.of(
                    "--name=" + name,
                    "--data-dir=" + data,
                    "--listen-client-urls=" + client,
                    "--advertise-client-urls=" + client,
                    "--listen-peer-urls=" + peer,
                    "--initial-advertise-peer-urls=" + peer,
                    "--initial-cluster=" + String.join(",", named),
                    "--initial-cluster-state=" + state,
                    "--initial-cluster-token=live"));
            arguments.addAll(LiveCluster.this.flags);
            arguments.addAll(flags);
            process = new AgentProcess(name, directory, arguments)
                    .withJvm(jvm.toArray(String[]::new))
                    .under(program, variables);
            process.start();
        }

        /** Gives it another peer URL, for its next start. */
        void move() {
            peer = "http://127.0.0.1:" + TestCluster.ports(1).get(0);
        }

        void awaitLog(String text) {
            Eventually.holds(
                    name + " says '" + text + "'; its log: " + process.log(),
                    () -> process.log().contains(text));
        }

        /** Waits until it has been sent a snapshot and goes on from that. */
        void awaitInstalled() {
            awaitLog(INSTALLED);
        }

        /** Whether that has ever been so. */
        boolean wasSentSnapshot() {
            return process.log().contains(INSTALLED);
        }

        /** Index of the first entry in its log, read beside the process that has it open. */
        long firstIndex() throws SQLException {
            try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("log.db"));
                    var statement = connection.createStatement();
                    var row = statement.executeQuery("SELECT coalesce(min(first), 0) FROM log")) {
                return row.getLong(1);
            }
        }

        void wipe() {
            try (Stream<Path> files = Files.walk(data)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private final Path directory;
    private final List<String> flags;
    private final Vertx vertx = Vertx.vertx();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<String, Upstream> clients = new TreeMap<>();

    LiveCluster(Path directory) {
        this(directory, List.of());
    }

    /** @param flags given to every member */
    LiveCluster(Path directory, List<String> flags) {
        this.directory = directory;
        this.flags = List.copyOf(flags);
    }

    /** Starts three and waits until all serve. */
    LiveCluster start() {
        return start("n1", "n2", "n3");
    }

    /** Starts a cluster of these and waits until all serve. */
    LiveCluster start(String... names) {
        List<Node> first = Stream.of(names).map(this::node).toList();
        first.forEach(node -> node.start("new", first));
        first.forEach(this::awaitServing);
        return this;
    }

    /** The node of this name, made if there is none. */
    Node node(String name) {
        return nodes.computeIfAbsent(name, Node::new);
    }

    void awaitServing(Node node) {
        Eventually.holds(
                node + " has published itself and follows a leader; its log: " + node.process.log(),
                () -> list(node, true).stream()
                                .anyMatch(member -> member.getName().equals(node.name))
                        && status(node).getLeader() != 0);
    }

    <T extends Message> T call(Node at, EtcdMethod method, Message request, Parser<T> parser) {
        Upstream client = clients.computeIfAbsent(
                at.name,
                name -> new Upstream(vertx, Endpoint.parseList(at.client), ClientOptions.DEFAULT, new Random()));
        try {
            Buffer answer = client.unary(
                            method,
                            Buffer.buffer(request.toByteArray()),
                            new CallContext(false, null, TimeUnit.SECONDS.toMillis(CALL_S), "test"))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(CALL_S, TimeUnit.SECONDS);
            return parser.parseFrom(answer.getBytes());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof EtcdException failure ? failure : new IllegalStateException(e);
        } catch (InterruptedException | TimeoutException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    StatusResponse status(Node at) {
        return call(at, EtcdMethod.STATUS, StatusRequest.getDefaultInstance(), StatusResponse.parser());
    }

    List<Member> list(Node at, boolean linearizable) {
        MemberListRequest request =
                MemberListRequest.newBuilder().setLinearizable(linearizable).build();
        return call(at, EtcdMethod.MEMBER_LIST, request, MemberListResponse.parser())
                .getMembersList();
    }

    /** The id of a node as the cluster has it now. */
    long id(Node of, Node at) {
        return list(at, true).stream()
                .filter(member -> member.getPeerURLsList().equals(List.of(of.peer)))
                .findFirst()
                .orElseThrow()
                .getID();
    }

    /** Who leads, as {@code at} sees it; waits for one. */
    Node leader(Node at) {
        Node[] found = new Node[1];
        Eventually.holds("there is a leader", () -> {
            long leader = status(at).getLeader();
            found[0] = list(at, false).stream()
                    .filter(member -> member.getID() == leader)
                    .map(member -> node(member.getName()))
                    .findFirst()
                    .orElseThrow();
            return true;
        });
        return found[0];
    }

    MemberAddResponse add(Node joining, boolean learner, Node at) {
        MemberAddRequest request = MemberAddRequest.newBuilder()
                .addPeerURLs(joining.peer)
                .setIsLearner(learner)
                .build();
        return settled(() -> call(at, EtcdMethod.MEMBER_ADD, request, MemberAddResponse.parser()));
    }

    void promote(long id, Node at) {
        MemberPromoteRequest request =
                MemberPromoteRequest.newBuilder().setID(id).build();
        settled(() -> call(at, EtcdMethod.MEMBER_PROMOTE, request, MemberPromoteResponse.parser()));
    }

    void remove(long id, Node at) {
        MemberRemoveRequest request = MemberRemoveRequest.newBuilder().setID(id).build();
        settled(() -> call(at, EtcdMethod.MEMBER_REMOVE, request, MemberRemoveResponse.parser()));
    }

    void update(long id, String peerUrl, Node at) {
        MemberUpdateRequest request =
                MemberUpdateRequest.newBuilder().setID(id).addPeerURLs(peerUrl).build();
        call(at, EtcdMethod.MEMBER_UPDATE, request, MemberUpdateResponse.parser());
    }

    private interface Change<T> {
        T make();
    }

    /** As an operator would: a refusal for want of health, which changes nothing, is no reason to give up. */
    private static <T> T settled(Change<T> change) {
        List<T> done = new ArrayList<>();
        Eventually.holds("the cluster is well enough for a change", () -> {
            try {
                done.add(change.make());
                return true;
            } catch (EtcdException e) {
                if (e.text().equals(EtcdError.UNHEALTHY.text())
                        || e.text().equals(EtcdError.LEARNER_NOT_READY.text())
                        || e.text().equals(EtcdError.NOT_ENOUGH_STARTED.text())) {
                    return false;
                }
                throw new AssertionError(e.text(), e);
            }
        });
        return done.get(0);
    }

    @Override
    public void close() {
        nodes.values().forEach(node -> node.process.close());
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
