package dev.rollcall.agent;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.agent.http.StatusProbe;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Asks members for their status over connections that stay. */
final class StatusProbes implements StatusProbe {
    /** Members have a few client URLs between them; a list that changes for ever is not kept for ever. */
    private static final int MAX_CLIENTS = 64;

    private final Vertx vertx;
    private final Map<Endpoint, EtcdClient> clients = new ConcurrentHashMap<>();

    StatusProbes(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public Future<Buffer> status(String clientUrl, long timeoutMs) {
        Endpoint endpoint;
        try {
            endpoint = Endpoint.parse(clientUrl);
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(e);
        }
        if (clients.size() > MAX_CLIENTS) {
            clients.values().forEach(EtcdClient::close);
            clients.clear();
        }
        return clients.computeIfAbsent(endpoint, e -> new EtcdClient(vertx, e, ClientOptions.DEFAULT))
                .unary(EtcdMethod.STATUS, Buffer.buffer(), new CallContext(false, null, timeoutMs, "members"));
    }
}
