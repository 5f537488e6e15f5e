package dev.rollcall.agent.peer;

import dev.rollcall.raft.driver.DirectoryId;
import dev.rollcall.raft.driver.PeerGate;
import dev.rollcall.raft.driver.PeerGreeting;
import dev.rollcall.raft.driver.Welcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Carries out what {@link PeerGate} decides: binds directories on disk, off the event loops. Any thread. */
final class Greeter {
    private final Vertx vertx;
    private final DirectoryBindings bindings;
    private final LocalMembers members;
    private final PeerGate gate;

    Greeter(Vertx vertx, PeerIdentity self, DirectoryBindings bindings, LocalMembers members) {
        this.vertx = vertx;
        this.bindings = bindings;
        this.members = members;
        Map<Long, DirectoryId> recovered = new TreeMap<>();
        bindings.bound().forEach((member, directory) -> recovered.put(member, id(directory)));
        PeerGreeting own =
                new PeerGreeting(Greeting.FORMAT, self.clusterId(), self.memberId(), 0, id(self.directoryId()));
        this.gate = new PeerGate(own, recovered, members::wasRemoved);
    }

    Greeting greeting(long to, int stream) {
        return new Greeting(gate.greetingTo(to), stream, members.ownUrls());
    }

    /** Null if the peer is welcome, else why not. */
    Future<@Nullable Refusal> check(Greeting greeting) {
        Welcome welcome = judge(greeting.who());
        return welcome.verdict() == Welcome.Verdict.BIND_FIRST
                ? vertx.executeBlocking(() -> bind(greeting.who()), true)
                : Future.succeededFuture(welcome.refused() ? Refusal.of(welcome) : null);
    }

    private Welcome judge(PeerGreeting greeting) {
        synchronized (gate) {
            return gate.greeted(greeting);
        }
    }

    /** Ordered among themselves, so that of two with one id the second sees what the first has bound. */
    private @Nullable Refusal bind(PeerGreeting greeting) {
        Welcome welcome = judge(greeting);
        if (welcome.verdict() == Welcome.Verdict.BIND_FIRST) {
            bindings.bind(
                    greeting.member(),
                    new UUID(greeting.directory().high(), greeting.directory().low()));
            synchronized (gate) {
                gate.bound(greeting);
            }
            return null;
        }
        return welcome.refused() ? Refusal.of(welcome) : null;
    }

    private static DirectoryId id(UUID directory) {
        return new DirectoryId(directory.getMostSignificantBits(), directory.getLeastSignificantBits());
    }
}
