package dev.rollcall.registry.resolver;

import io.vertx.core.Future;
import io.vertx.core.net.Address;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.spi.endpoint.EndpointBuilder;
import io.vertx.core.spi.endpoint.EndpointResolver;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP client's view of the resolver. Vert.x forgets an address unused for a while; the feed behind it stays, so asking
 * again is immediate.
 *
 * <p>Only the abstract methods of the interface are implemented: its default methods differ between Vert.x 5.0 and 5.1.
 *
 * @param <E> what Vert.x builds of a list: the servers and the state of the load balancer
 */
final class ServiceEndpointResolver<E>
        implements EndpointResolver<ServiceAddress, ServiceEndpoint, ServiceEndpointResolver.Balanced<E>, E> {

    private final Function<String, ServiceFeed> feeds;

    ServiceEndpointResolver(Function<String, ServiceFeed> feeds) {
        this.feeds = feeds;
    }

    @Override
    public @Nullable ServiceAddress tryCast(Address address) {
        return address instanceof ServiceAddress service ? service : null;
    }

    @Override
    public SocketAddress addressOf(ServiceEndpoint server) {
        return SocketAddress.inetSocketAddress(server.port(), server.address());
    }

    @Override
    public Future<Balanced<E>> resolve(ServiceAddress address, EndpointBuilder<E, ServiceEndpoint> builder) {
        ServiceFeed feed;
        try {
            feed = feeds.apply(address.name());
        } catch (NoEndpointsException refused) {
            return Future.failedFuture(refused);
        }
        return feed.firstList().map(list -> new Balanced<>(feed, builder));
    }

    @Override
    public E endpoint(Balanced<E> state) {
        return state.current();
    }

    @Override
    public boolean isValid(Balanced<E> state) {
        return !state.feed.isClosed();
    }

    @Override
    public void dispose(Balanced<E> state) {
        // The feed belongs to the resolver, which other clients and later requests use.
    }

    @Override
    public void close() {
        // Likewise.
    }

    /** A feed's list as Vert.x wants it, rebuilt (which resets the load balancer) only when the list has changed. */
    static final class Balanced<E> {

        private final ServiceFeed feed;
        private final EndpointBuilder<E, ServiceEndpoint> builder;
        private volatile @Nullable Built<E> built;

        Balanced(ServiceFeed feed, EndpointBuilder<E, ServiceEndpoint> builder) {
            this.feed = feed;
            this.builder = builder;
        }

        /** The newest list; {@link NoEndpointsException} if it is empty. */
        E current() {
            Built<E> latest = built;
            return latest != null && latest.source == feed.endpoints() ? latest.result : rebuild();
        }

        private synchronized E rebuild() {
            List<ServiceEndpoint> source = Objects.requireNonNull(feed.endpoints());
            if (source.isEmpty()) {
                throw new NoEndpointsException(feed.service(), "service " + feed.service() + " has no endpoints");
            }
            Built<E> latest = built;
            if (latest == null || latest.source != source) {
                EndpointBuilder<E, ServiceEndpoint> next = builder;
                for (ServiceEndpoint server : source) {
                    next = next.addServer(server, server.id());
                }
                latest = new Built<>(source, next.build());
                built = latest;
            }
            return latest.result;
        }
    }

    private record Built<E>(List<ServiceEndpoint> source, E result) {}
}
