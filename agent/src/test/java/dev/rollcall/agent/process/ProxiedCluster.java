package dev.rollcall.agent.process;

import dev.rollcall.agent.peer.PeerProxy;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.cluster.Member;
import io.etcd.jetcd.maintenance.StatusResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Voters that reach each other only through a {@link PeerProxy}, which can cut each direction of each pair of them. */
final class ProxiedCluster implements AutoCloseable {
    /** Shortest election timeout of the members; the longest is twice that. */
    static final long ELECTION_MS = 400;

    private static final long HEARTBEAT_MS = 40;
    private static final long CALL_S = 5;

    private final PeerProxy proxy = new PeerProxy();
    private final List<AgentProcess> agents = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<String> urls = new ArrayList<>();
    private final Set<Integer> paused = new TreeSet<>();
    private final Set<PeerProxy.Link> broken = new HashSet<>();
    private long[] ids = {};

    /** What a member thinks of the cluster. */
    record View(long term, int leader) {}

    /** Picks links by the numbers of their ends, which differ. */
    interface Links {
        boolean test(int from, int to);
    }

    ProxiedCluster(Path directory, int voters) {
        List<Integer> clientPorts = TestCluster.ports(voters);
        List<Integer> listening = TestCluster.ports(voters);
        List<Integer> advertised = TestCluster.ports(voters);
        List<String> initial = new ArrayList<>();
        for (int i = 0; i < voters; i++) {
            initial.add("n" + i + "=" + url(advertised.get(i)));
            proxy.listen(advertised.get(i), listening.get(i));
        }
        for (int i = 0; i < voters; i++) {
            urls.add(url(clientPorts.get(i)));
            agents.add(new AgentProcess(
                    "n" + i,
                    directory,
                    List.of(
                            "--name=n" + i,
                            "--data-dir=" + directory.resolve("n" + i),
                            "--listen-client-urls=" + urls.get(i),
                            "--advertise-client-urls=" + urls.get(i),
                            "--listen-peer-urls=" + url(listening.get(i)),
                            "--initial-advertise-peer-urls=" + url(advertised.get(i)),
                            "--initial-cluster=" + String.join(",", initial),
                            "--heartbeat-interval=" + HEARTBEAT_MS,
                            "--election-timeout=" + ELECTION_MS)));
        }
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    /** Starts all and waits until each serves linearizable reads and the ids of all are known. */
    void start() throws Exception {
        agents.forEach(AgentProcess::start);
        for (String url : urls) {
            clients.add(Client.builder()
                    .endpoints(url)
                    .connectTimeout(Duration.ofSeconds(2))
                    .retryMaxAttempts(1)
                    .build());
        }
        for (int i = 0; i < size(); i++) {
            int at = i;
            Eventually.holds(
                    agents.get(i) + " serves; its log:\n" + agents.get(i).log(),
                    () -> clients.get(at)
                            .getKVClient()
                            .get(Writers.bytes("x"))
                            .get(CALL_S, TimeUnit.SECONDS)
                            .getKvs()
                            .isEmpty());
        }
        ids = new long[size()];
        for (Member member : clients.get(0)
                .getClusterClient()
                .listMember()
                .get(CALL_S, TimeUnit.SECONDS)
                .getMembers()) {
            ids[Integer.parseInt(member.getName().substring(1))] = member.getId();
        }
    }

    int size() {
        return agents.size();
    }

    AgentProcess agent(int i) {
        return agents.get(i);
    }

    Client client(int i) {
        return clients.get(i);
    }

    String clientUrl(int i) {
        return urls.get(i);
    }

    /** Gives this fate to these links. */
    void set(PeerProxy.Fate fate, Links which) {
        List<PeerProxy.Link> links = links(which);
        if (fate != PeerProxy.Fate.PASS) {
            broken.addAll(links);
        }
        proxy.set(fate, links);
    }

    /** Nothing passes between these pairs any more, in either direction, silently. */
    void cut(Links pair) {
        set(PeerProxy.Fate.DROP, (from, to) -> pair.test(from, to) || pair.test(to, from));
    }

    void delay(long ms, Links which) {
        proxy.delay(ms, links(which));
    }

    void heal() {
        broken.clear();
        proxy.heal();
    }

    /** Whether these two can talk: a member with itself, or with a running one to and from which everything passes. */
    boolean inTouch(int a, int b) {
        boolean running = !paused.contains(a) && !paused.contains(b);
        return running
                && !broken.contains(new PeerProxy.Link(ids[a], ids[b]))
                && !broken.contains(new PeerProxy.Link(ids[b], ids[a]));
    }

    private List<PeerProxy.Link> links(Links which) {
        List<PeerProxy.Link> links = new ArrayList<>();
        for (int from = 0; from < size(); from++) {
            for (int to = 0; to < size(); to++) {
                if (from != to && which.test(from, to)) {
                    links.add(new PeerProxy.Link(ids[from], ids[to]));
                }
            }
        }
        return links;
    }

    /** Stops this member's process in its tracks (SIGSTOP). */
    void pause(int member) {
        paused.add(member);
        agents.get(member).signal("STOP");
    }

    /** Lets it go on (SIGCONT). */
    void resume(int member) {
        agents.get(member).signal("CONT");
        paused.remove(member);
    }

    void resumeAll() {
        List.copyOf(paused).forEach(this::resume);
    }

    /** What each running member thinks now. */
    Map<Integer, View> views() throws Exception {
        Map<Integer, View> views = new TreeMap<>();
        for (int i = 0; i < size(); i++) {
            if (!paused.contains(i)) {
                StatusResponse status = clients.get(i)
                        .getMaintenanceClient()
                        .statusMember(urls.get(i))
                        .get(CALL_S, TimeUnit.SECONDS);
                views.put(i, new View(status.getRaftTerm(), number(status.getLeader())));
            }
        }
        return views;
    }

    /** Whom this member takes for the leader, -1 if nobody. */
    int leaderSeenBy(int member) throws Exception {
        View view = views().get(member);
        return view == null ? -1 : view.leader();
    }

    private int number(long id) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
        agents.forEach(AgentProcess::close);
        proxy.close();
    }
}
