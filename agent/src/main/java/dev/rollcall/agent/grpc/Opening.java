package dev.rollcall.agent.grpc;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * From when on a port serves gRPC; the port itself is open before, as long as the store is read. May be used from any thread.
 */
public final class Opening {
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
    private volatile @Nullable GrpcFace face;

    /** Calls are served from now on, by this. Once. */
    public void open(GrpcFace serving) {
        face = serving;
        waiting.forEach(Runnable::run);
        waiting.clear();
    }

    /** What serves calls; null before they are served. */
    @Nullable
    GrpcFace face() {
        return face;
    }

    /** Runs this when calls are served: on the thread that opens, or here if that was before. Perhaps twice. */
    void await(Runnable opened) {
        waiting.add(opened);
        if (face != null) {
            opened.run();
        }
    }

    /** It need not be run any more. */
    void forget(Runnable opened) {
        waiting.remove(opened);
    }
}
