package dev.rollcall.registry.resolver;

import io.vertx.core.net.HostAndPort;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Which agents to ask and how patiently.
 *
 * @param agents client addresses of agents, in order of preference; at least one
 * @param firstListTimeout how long a request waits for a service's first endpoint list
 * @param silenceTimeout a stream without a byte for this long is dead; agents send a comment every 15 s
 * @param maxBackoff the longest wait before the next agent is tried
 * @param maxServices how many services can be followed at once; asking for one more fails
 */
public record RollcallOptions(
        List<HostAndPort> agents,
        Duration firstListTimeout,
        Duration silenceTimeout,
        Duration maxBackoff,
        int maxServices) {

    private static final int DEFAULT_AGENT_PORT = 2379;

    /** Checks that there is an agent and that every limit is positive. */
    public RollcallOptions {
        agents = List.copyOf(agents);
        if (agents.isEmpty()) {
            throw new IllegalArgumentException("no agent given: name at least one as host:port");
        }
        requirePositive("firstListTimeout", firstListTimeout);
        requirePositive("silenceTimeout", silenceTimeout);
        requirePositive("maxBackoff", maxBackoff);
        if (maxServices < 1) {
            throw new IllegalArgumentException("maxServices must be at least 1: " + maxServices);
        }
    }

    /**
     * Options with the usual limits: 5 s for the first list, 40 s of silence, 5 s of back-off, 1,000 services.
     *
     * @param agents {@code host:port} each (IPv6 in brackets); without a port, 2379
     */
    public static RollcallOptions of(String... agents) {
        return new RollcallOptions(
                Arrays.stream(agents).map(RollcallOptions::parseAgent).toList(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(40),
                Duration.ofSeconds(5),
                1_000);
    }

    /** The same with another {@link #firstListTimeout}. */
    public RollcallOptions withFirstListTimeout(Duration timeout) {
        return new RollcallOptions(agents, timeout, silenceTimeout, maxBackoff, maxServices);
    }

    /** The same with another {@link #silenceTimeout}. */
    public RollcallOptions withSilenceTimeout(Duration timeout) {
        return new RollcallOptions(agents, firstListTimeout, timeout, maxBackoff, maxServices);
    }

    /** The same with another {@link #maxBackoff}. */
    public RollcallOptions withMaxBackoff(Duration backoff) {
        return new RollcallOptions(agents, firstListTimeout, silenceTimeout, backoff, maxServices);
    }

    /** The same with another {@link #maxServices}. */
    public RollcallOptions withMaxServices(int services) {
        return new RollcallOptions(agents, firstListTimeout, silenceTimeout, maxBackoff, services);
    }

    private static HostAndPort parseAgent(String text) {
        HostAndPort parsed = HostAndPort.parseAuthority(text.trim(), DEFAULT_AGENT_PORT);
        if (parsed == null) {
            throw new IllegalArgumentException("not an agent's host:port: " + text);
        }
        return parsed;
    }

    private static void requirePositive(String name, Duration duration) {
        if (duration.toMillis() < 1) {
            throw new IllegalArgumentException(name + " must be at least 1 ms: " + duration);
        }
    }
}
