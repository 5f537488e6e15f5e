package dev.rollcall.registry.resolver;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one HTTP/2 connection to an agent that all streams share. When it breaks, or is found useless, the next agent's turn
 * comes, after a random wait whose bound doubles up to a cap. It stays with an agent that works.
 *
 * <p>Confined to the resolver's context.
 */
final class AgentLink {

    private static final Logger LOG = LoggerFactory.getLogger(AgentLink.class);

    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final long FIRST_BACKOFF_MS = 100;
    private static final int MAX_DOUBLINGS = 16;

    /** Who uses the connection. */
    interface User {

        /** Streams can be opened. */
        void connected(HttpClientConnection connection);

        /** The streams on the connection are gone. */
        void disconnected();
    }

    private final Vertx vertx;
    private final RollcallOptions options;
    private final User user;
    private final HttpClientAgent client;

    private @Nullable HttpClientConnection connection;
    private int turn;
    private int failures;
    private boolean closed;

    AgentLink(Vertx vertx, RollcallOptions options, User user) {
        this.vertx = vertx;
        this.options = options;
        this.user = user;
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setConnectTimeout(CONNECT_TIMEOUT_MS));
    }

    /** Connects to the agent whose turn it is. */
    void connect() {
        if (closed) {
            return;
        }
        int tried = turn;
        HostAndPort agent = agent();
        // A stopped process still accepts connections and never says a word on them.
        long deadline = vertx.setTimer(CONNECT_TIMEOUT_MS, timer -> tryNext(tried, "does not answer"));
        open(agent)
                .onComplete(done -> vertx.cancelTimer(deadline))
                .onComplete(
                        opened -> use(tried, opened),
                        failure -> tryNext(tried, "cannot connect: " + failure.getMessage()));
    }

    private Future<HttpClientConnection> open(HostAndPort agent) {
        try {
            return client.connect(new HttpConnectOptions().setHost(agent.host()).setPort(agent.port()));
        } catch (IllegalStateException clientClosed) {
            // The verticle or the Vertx this was created in has ended: so has the link.
            closed = true;
            return Future.failedFuture(clientClosed);
        }
    }

    /** The open connection, if there is one. */
    @Nullable
    HttpClientConnection connection() {
        return connection;
    }

    /** The agent has sent a list: it works, so the next failure starts from the shortest wait. */
    void confirm() {
        if (failures > 0) {
            LOG.info("following services through the agent at {}", agent());
        }
        failures = 0;
    }

    /** Gives up {@code broken}, if it is still the one in use, and turns to the next agent. */
    void drop(HttpClientConnection broken, String reason) {
        if (connection != broken) {
            return;
        }
        connection = null;
        broken.close();
        user.disconnected();
        tryNext(turn, reason);
    }

    /** Closes the connection for good. */
    Future<Void> close() {
        closed = true;
        connection = null;
        return client.close();
    }

    private void use(int tried, HttpClientConnection opened) {
        if (closed || tried != turn) {
            opened.close();
            return;
        }
        connection = opened;
        opened.closeHandler(v -> drop(opened, "connection closed"));
        opened.goAwayHandler(v -> drop(opened, "the agent is going away"));
        LOG.debug("following services through the agent at {}", agent());
        user.connected(opened);
    }

    private void tryNext(int tried, String reason) {
        if (closed || tried != turn) {
            return;
        }
        // One line per outage; the tries that follow are all alike.
        if (failures == 0) {
            LOG.warn("agent at {}: {}; keeping the last endpoints, trying the next agent", agent(), reason);
        } else {
            LOG.debug("agent at {}: {}", agent(), reason);
        }
        long boundMs = Math.min(options.maxBackoff().toMillis(), FIRST_BACKOFF_MS << Math.min(failures, MAX_DOUBLINGS));
        failures++;
        turn++;
        vertx.setTimer(ThreadLocalRandom.current().nextLong(boundMs) + 1, timer -> connect());
    }

    private HostAndPort agent() {
        return options.agents().get(Math.floorMod(turn, options.agents().size()));
    }
}
