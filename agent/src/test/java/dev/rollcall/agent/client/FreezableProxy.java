package dev.rollcall.agent.client;

import dev.rollcall.agent.grpc.Wire;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands before a server and can fall silent without closing anything, as a stopped process or a lost route does. */
final class FreezableProxy {
    private final NetClient client;
    private final NetServer server;
    private final Endpoint target;
    private final List<NetSocket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean frozen;

    FreezableProxy(Wire wire, Endpoint target) {
        this.target = target;
        this.client = wire.vertx().createNetClient();
        this.server = Wire.await(
                wire.vertx().createNetServer().connectHandler(this::join).listen(0, "127.0.0.1"));
        wire.closeLater(server::close);
    }

    Endpoint endpoint() {
        return new Endpoint("127.0.0.1", server.actualPort());
    }

    /** Passes nothing on any more; connections are still accepted, and stay open. */
    void freeze() {
        frozen = true;
        sockets.forEach(NetSocket::pause);
    }

    void thaw() {
        frozen = false;
        sockets.forEach(NetSocket::resume);
    }

    private void join(NetSocket near) {
        near.pause();
        client.connect(target.port(), target.host())
                .onSuccess(far -> {
                    link(near, far);
                    link(far, near);
                    if (!frozen) {
                        near.resume();
                        far.resume();
                    }
                })
                .onFailure(cause -> near.close());
    }

    private void link(NetSocket from, NetSocket to) {
        sockets.add(from);
        from.pause();
        from.handler(to::write);
        from.closeHandler(v -> {
            sockets.remove(from);
            to.close();
        });
    }
}
