package dev.rollcall.examples.demo;

import dev.rollcall.examples.demo.AgentApi.Registration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What happens, in order, and what must be seen. Nothing is assumed to have happened: each step looks at what agents,
 * gateways and callers tell.
 */
final class Story {

    private static final Duration CLUSTER_STARTS = Duration.ofSeconds(30);
    private static final Duration ALL_ANSWER = Duration.ofSeconds(5);
    private static final Duration VOTERS_UP = Duration.ofSeconds(10);
    private static final Duration NEWCOMER_ANSWERS = Duration.ofSeconds(10);
    private static final Duration LIST_FOLLOWS = Duration.ofSeconds(1);
    private static final Duration LEADER_ELECTED = Duration.ofSeconds(3);
    private static final Duration AGENT_RETURNS = Duration.ofSeconds(10);
    private static final Duration EXPIRY_GRACE = Duration.ofSeconds(2);
    private static final Duration SLOWEST_REQUEST = Duration.ofSeconds(2);
    private static final Duration SMALL_CHANGE = Duration.ofSeconds(3);

    private static final int USUAL_RATE = 20;
    private static final int DRAIN_RATE = 200;
    private static final int REQUESTS_AROUND_DRAIN = 400;

    private final Cast cast;
    private final Demo.Settings settings;
    private final AgentApi api;
    private final ClusterView view;
    private final Traffic withoutRetries;
    private final Traffic withRetries;
    private final Steps steps;
    private final Screen screen;

    private Traffic.Phase off = new Traffic.Phase();
    private Traffic.Phase on = new Traffic.Phase();

    Story(
            Cast cast,
            Demo.Settings settings,
            AgentApi api,
            Traffic withoutRetries,
            Traffic withRetries,
            Steps steps,
            Screen screen) {
        this.cast = cast;
        this.settings = settings;
        this.api = api;
        this.view = new ClusterView(cast, api, steps);
        this.withoutRetries = withoutRetries;
        this.withRetries = withRetries;
        this.steps = steps;
        this.screen = screen;
    }

    /** Three voters, two client agents, five instances, two gateways. */
    void begin() {
        screen.say("Five agents start, one beside each of five instances; three of them vote.");
        long start = System.nanoTime();
        cast.first().forEach(cast::start);
        cast.startGateways();
        steps.await("every agent knows orders-1..3 and payments-1..2", start, CLUSTER_STARTS, () -> {
            cast.first().forEach(this::requireAlive);
            return cast.first().stream()
                    .allMatch(sidecar -> view.endpointsAre(sidecar, "orders", "orders-1", "orders-2", "orders-3")
                            && view.endpointsAre(sidecar, "payments", "payments-1", "payments-2"));
        });
        steps.await(
                "both gateways are ready",
                start,
                CLUSTER_STARTS,
                () -> api.get(cast.gatewayWithoutRetries(), "/_ready") != null
                        && api.get(cast.gatewayWithRetries(), "/_ready") != null);
        withoutRetries.rate(USUAL_RATE);
        withRetries.rate(USUAL_RATE);
        steps.await(
                "every instance answers through both gateways",
                ALL_ANSWER,
                () -> cast.first().stream().allMatch(sidecar -> answersThroughBoth(sidecar)));
    }

    /** (a) A new instance with its agent starts and gets traffic. */
    void newInstance() {
        screen.say("(a) orders-4 and its agent start: traffic comes by itself.");
        awaitVoters();
        long start = System.nanoTime();
        cast.start(cast.newcomer());
        steps.await(
                "orders-4 answers through both gateways",
                start,
                NEWCOMER_ANSWERS,
                () -> answersThroughBoth(cast.newcomer()));
    }

    /** (b) An instance is stopped gracefully, drained first: no request fails. */
    void drain() {
        screen.say("(b) orders-4 is drained and stopped while " + DRAIN_RATE
                + " requests a second flow, without retries.");
        awaitVoters();
        Sidecar leaving = cast.newcomer();
        newPhases();
        withoutRetries.rate(DRAIN_RATE);
        awaitRequests(REQUESTS_AROUND_DRAIN);

        long start = System.nanoTime();
        CompletableFuture<Integer> drained = api.drain(leaving.clientPort());
        steps.await(
                "orders-4 has left the endpoints of every agent",
                start,
                LIST_FOLLOWS,
                () -> view.endpointsAreEverywhere("orders", "orders-1", "orders-2", "orders-3"));
        steps.await(
                "the agent says that it is drained",
                start,
                Duration.ofSeconds(settings.drainDelaySeconds()).plus(LIST_FOLLOWS),
                drained::isDone);
        steps.require(drained.join() == 200, "the drain was answered with status " + drained.join());
        stop(leaving);

        awaitRequests(off.sent() + REQUESTS_AROUND_DRAIN);
        withoutRetries.rate(USUAL_RATE);
        endPhases(false);
    }

    /** (c) A client agent and its instance die: gone when the lease ends, not before. */
    void killClient() {
        Sidecar victim = cast.beside("payments-2");
        screen.say("(c) payments-2 and its agent are killed: the lease is all that is left of them.");
        awaitVoters();
        Map<String, Registration> others = view.others(victim);
        newPhases();
        long asked = System.nanoTime();
        double ttlLeft = steps.known(
                api.ttlRemainingSeconds(victim.clientPort()),
                "the agent of payments-2 does not tell its lease's remaining time");
        victim.agent().kill();
        victim.app().kill();
        long killed = System.nanoTime();
        awaitExpiry(victim, others, asked, ttlLeft, killed);
        endPhases(true);

        // Else the leader might be beside the last instance of payments.
        screen.say("    payments-2 and its agent start again.");
        long restarted = System.nanoTime();
        cast.start(victim);
        awaitReturn(victim, others, restarted);
    }

    /** (d) The leader's agent dies while its service lives. */
    void killLeader() {
        awaitVoters();
        Sidecar victim = steps.known(view.leader(cast.voters().size()).orElse(null), "the leader has gone by itself");
        screen.say("(d) " + victim.agentName() + ", the leader, is killed; " + victim.instance() + " beside it lives.");
        Map<String, Registration> others = view.others(victim);
        newPhases();
        long asked = System.nanoTime();
        double ttlLeft = steps.known(
                api.ttlRemainingSeconds(victim.clientPort()),
                "the leader's agent does not tell its lease's remaining time");
        victim.agent().kill();
        long killed = System.nanoTime();
        steps.await(
                "the other voters have a new leader",
                killed,
                LEADER_ELECTED,
                () -> view.registered(
                        others, all -> view.leader(cast.voters().size() - 1).isPresent()));
        awaitExpiry(victim, others, asked, ttlLeft, System.nanoTime());

        long restarted = System.nanoTime();
        cast.startAgent(victim);
        awaitReturn(victim, others, restarted);
        steps.fact("no other registration has changed");
        awaitVoters();
        endPhases(false);
    }

    private void stop(Sidecar leaving) {
        long start = System.nanoTime();
        leaving.app().terminate();
        steps.await(
                "orders-4 has finished its requests and is gone",
                start,
                SLOWEST_REQUEST.plus(SMALL_CHANGE),
                () -> !leaving.app().isAlive());
        start = System.nanoTime();
        leaving.agent().terminate();
        steps.await(
                "its agent has revoked the lease and is gone",
                start,
                Duration.ofSeconds(settings.drainDelaySeconds()).plus(SMALL_CHANGE),
                () -> !leaving.agent().isAlive()
                        && view.registered(Map.of(), all -> !all.containsKey(leaving.instance())));
        steps.require(
                leaving.agent().exitCode() == 0,
                "the agent's exit code is " + leaving.agent().exitCode());
    }

    /** The record must stay for what was left of its lease, and go within one TTL and a little. */
    private void awaitExpiry(
            Sidecar victim, Map<String, Registration> others, long askedNanos, double ttlLeft, long sinceNanos) {
        long notBefore = askedNanos + (long) (ttlLeft * 1e9);
        steps.await(
                victim.instance() + " is gone when its lease has ended",
                sinceNanos,
                Duration.ofSeconds(settings.ttlSeconds()).plus(EXPIRY_GRACE),
                () -> view.registered(others, all -> {
                    boolean gone = !all.containsKey(victim.instance());
                    steps.require(
                            !gone || System.nanoTime() >= notBefore,
                            victim.instance() + " was gone before its lease had ended");
                    return gone;
                }));
    }

    private void awaitReturn(Sidecar victim, Map<String, Registration> others, long restartedNanos) {
        steps.await(
                victim.instance() + " is registered again",
                restartedNanos,
                AGENT_RETURNS,
                () -> view.registered(others, all -> isPassing(all.get(victim.instance()))));
    }

    private void awaitVoters() {
        steps.await(
                "all three voters are up and agree on a leader",
                VOTERS_UP,
                () -> view.leader(cast.voters().size()).isPresent());
    }

    private static boolean isPassing(@Nullable Registration registration) {
        return registration != null && registration.status().equals("passing");
    }

    private void requireAlive(Sidecar sidecar) {
        for (ChildProcess process : List.of(sidecar.agent(), sidecar.app())) {
            steps.require(process.isAlive(), process.name() + " has ended; see " + process.log());
        }
    }

    private boolean answersThroughBoth(Sidecar sidecar) {
        return withoutRetries.answeredBy(sidecar.instance()) > 0 && withRetries.answeredBy(sidecar.instance()) > 0;
    }

    private void awaitRequests(long count) {
        steps.await(
                count + " requests have been sent",
                Duration.ofSeconds(2 * REQUESTS_AROUND_DRAIN / DRAIN_RATE),
                () -> off.sent() >= count);
    }

    private void requireNoFailure(Traffic.Phase phase, String gateway) {
        steps.require(
                phase.failed() == 0,
                gateway + ": " + phase.failed() + " of " + phase.sent() + " requests failed, the last with "
                        + phase.lastFailure());
        steps.fact(gateway + ": " + phase.answered() + " requests answered, 0 failed");
    }

    /** Lets what was sent since {@link #newPhases} come to its end, and says what became of it. */
    private void endPhases(boolean mayFailWithoutRetries) {
        Traffic.Phase endedOff = off;
        Traffic.Phase endedOn = on;
        newPhases();
        steps.await(
                "every request has ended",
                SLOWEST_REQUEST.plus(SMALL_CHANGE),
                () -> endedOff.isSettled() && endedOn.isSettled());
        if (mayFailWithoutRetries) {
            steps.fact("retries off: " + endedOff.answered() + " requests answered, " + endedOff.failed() + " failed");
        } else {
            requireNoFailure(endedOff, "retries off");
        }
        requireNoFailure(endedOn, "retries on");
    }

    private void newPhases() {
        off = withoutRetries.newPhase();
        on = withRetries.newPhase();
    }
}
