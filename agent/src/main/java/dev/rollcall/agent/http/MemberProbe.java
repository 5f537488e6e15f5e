package dev.rollcall.agent.http;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.proto.StatusRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Asks members over the wire, on one connection each that is kept for the next time. From any event loop. */
public final class MemberProbe implements StatusProbe {
    /** Far more than a cluster has members; the one not asked for longest is hung up on first. */
    private static final int MAX_CLIENTS = 32;

    private static final Buffer REQUEST =
            Buffer.buffer(StatusRequest.getDefaultInstance().toByteArray());

    private final Vertx vertx;
    private final Map<Endpoint, EtcdClient> clients = new LinkedHashMap<>(16, 0.75f, true);

    public MemberProbe(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public Future<Buffer> status(String clientUrl, long timeoutMs) {
        Endpoint endpoint;
        try {
            endpoint = Endpoint.parse(clientUrl);
        } catch (IllegalArgumentException e) {
            // Members of a real etcd may publish what this agent cannot speak to.
            return Future.failedFuture(e);
        }
        return client(endpoint).unary(EtcdMethod.STATUS, REQUEST, new CallContext(false, null, timeoutMs, "members"));
    }

    private synchronized EtcdClient client(Endpoint endpoint) {
        EtcdClient client = clients.computeIfAbsent(endpoint, key -> new EtcdClient(vertx, key, ClientOptions.DEFAULT));
        if (clients.size() > MAX_CLIENTS) {
            Endpoint eldest = clients.keySet().iterator().next();
            EtcdClient left = clients.remove(eldest);
            if (left != null) {
                left.close();
            }
        }
        return client;
    }
}
