package dev.rollcall.registry.resolver;

import io.vertx.core.net.Address;
import java.util.regex.Pattern;

/**
 * The address of a service by its name, for {@code RequestOptions.setServer(ServiceAddress.of("orders"))}.
 *
 * @param name the service's name, a DNS label in lower case of at most 63 characters
 */
public record ServiceAddress(String name) implements Address {

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /** Checks the name: it becomes part of a request path to the agent. */
    public ServiceAddress {
        if (!isValidName(name)) {
            throw new IllegalArgumentException("not a service name (a DNS label of at most 63 characters): " + name);
        }
    }

    /** The address of the service called {@code name}; {@code IllegalArgumentException} if that is no DNS label. */
    public static ServiceAddress of(String name) {
        return new ServiceAddress(name);
    }

    /** Whether a service can have this name at all. */
    public static boolean isValidName(String name) {
        return DNS_LABEL.matcher(name).matches();
    }

    @Override
    public String toString() {
        return "service " + name;
    }
}
