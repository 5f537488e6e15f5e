package dev.rollcall.agent.peer;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Decides whether whoever greets us is the member it says it is. */
final class Greeter {
    private final Vertx vertx;
    private final PeerIdentity self;
    private final DirectoryBindings bindings;
    private final LongPredicate member;
    private final Map<Long, UUID> known = new ConcurrentHashMap<>();

    /**
     * @param member whether an id is in the configuration
     */
    Greeter(Vertx vertx, PeerIdentity self, DirectoryBindings bindings, LongPredicate member) {
        this.vertx = vertx;
        this.self = self;
        this.bindings = bindings;
        this.member = member;
    }

    Greeting greeting(long to, int stream) {
        return new Greeting(Greeting.FORMAT, self.clusterId(), self.memberId(), to, self.directoryId(), stream);
    }

    /** Null if the peer is welcome, else why not. */
    Future<@Nullable String> check(Greeting greeting) {
        String id = Long.toHexString(greeting.from());
        if (greeting.format() != Greeting.FORMAT) {
            return refused(
                    "it speaks format " + greeting.format() + " of the peer protocol, this member " + Greeting.FORMAT);
        }
        if (greeting.clusterId() != self.clusterId()) {
            return refused("member " + id + " belongs to cluster " + Long.toHexString(greeting.clusterId())
                    + ", this member to " + Long.toHexString(self.clusterId())
                    + ": check --initial-cluster and --initial-cluster-token on both");
        }
        if (greeting.to() != self.memberId()) {
            return refused("member " + id + " looks for member " + Long.toHexString(greeting.to()) + ", this is "
                    + Long.toHexString(self.memberId()) + ": check the peer URLs");
        }
        if (!member.test(greeting.from())) {
            return refused("member " + id + " is not in this cluster's configuration");
        }
        UUID seen = known.get(greeting.from());
        if (greeting.directoryId().equals(seen)) {
            return Future.succeededFuture();
        }
        return vertx.executeBlocking(() -> bind(greeting), true);
    }

    private @Nullable String bind(Greeting greeting) {
        UUID bound = bindings.bound(greeting.from());
        if (bound == null) {
            bindings.bind(greeting.from(), greeting.directoryId());
        } else if (!bound.equals(greeting.directoryId())) {
            return "member " + Long.toHexString(greeting.from()) + " had data directory " + bound + " and now has "
                    + greeting.directoryId() + ": its log is lost, so remove and add this member";
        }
        known.put(greeting.from(), greeting.directoryId());
        return null;
    }

    private static Future<@Nullable String> refused(String why) {
        return Future.succeededFuture(why);
    }
}
