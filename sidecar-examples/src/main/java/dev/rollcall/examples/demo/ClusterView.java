package dev.rollcall.examples.demo;

import dev.rollcall.examples.demo.AgentApi.Member;
import dev.rollcall.examples.demo.AgentApi.Registration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the agents tell of the cluster and of the services. An agent that does not answer confirms nothing. */
final class ClusterView {

    private final Cast cast;
    private final AgentApi api;
    private final Steps steps;

    ClusterView(Cast cast, AgentApi api, Steps steps) {
        this.cast = cast;
        this.api = api;
        this.steps = steps;
    }

    /** Whether the agent knows exactly these endpoints. */
    boolean endpointsAre(Sidecar sidecar, String service, String... instances) {
        return List.of(instances).equals(api.endpoints(sidecar.clientPort(), service));
    }

    /** Whether all agents that live know exactly these endpoints. */
    boolean endpointsAreEverywhere(String service, String... instances) {
        return cast.all().stream()
                .filter(Sidecar::isAgentAlive)
                .allMatch(sidecar -> endpointsAre(sidecar, service, instances));
    }

    /** The leader, if this many voters live, reach each other and agree on it. */
    Optional<Sidecar> leader(int voters) {
        List<Sidecar> alive = liveVoters();
        List<String> leaders = alive.stream()
                .map(voter -> leaderAsSeenBy(voter, voters))
                .distinct()
                .toList();
        return alive.stream()
                .filter(voter -> alive.size() == voters && leaders.equals(List.of(voter.agentName())))
                .findFirst();
    }

    /** Every registration but the victim's, as a voter tells them now. */
    Map<String, Registration> others(Sidecar victim) {
        Map<String, Registration> others =
                new TreeMap<>(steps.known(registrations(), "no voter tells the registrations"));
        others.remove(victim.instance());
        return others;
    }

    /** Whether {@code state} holds of the registrations. The story fails if any of {@code unchanged} has changed. */
    boolean registered(Map<String, Registration> unchanged, Predicate<Map<String, Registration>> state) {
        Map<String, Registration> now = registrations();
        if (now == null) {
            return false;
        }
        unchanged.forEach((id, registration) -> steps.require(
                registration.equals(now.get(id)), "the registration of " + id + " has changed to " + now.get(id)));
        return state.test(now);
    }

    private @Nullable Map<String, Registration> registrations() {
        return liveVoters().stream()
                .findFirst()
                .map(voter -> api.registrations(voter.clientPort(), Cast.SERVICES))
                .orElse(null);
    }

    private List<Sidecar> liveVoters() {
        return cast.voters().stream().filter(Sidecar::isAgentAlive).toList();
    }

    /** The leader's name if the voter reaches that many members and one of them leads; else empty. */
    private String leaderAsSeenBy(Sidecar voter, int reachable) {
        List<Member> members = api.members(voter.clientPort());
        if (members == null
                || members.stream().filter(member -> member.term() != null).count() < reachable) {
            return "";
        }
        return members.stream()
                .filter(Member::leader)
                .map(Member::name)
                .findFirst()
                .orElse("");
    }
}
