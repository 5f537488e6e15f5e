package dev.rollcall.registry.resolver;

import dev.rollcall.registry.model.DnsLabel;
import io.vertx.core.net.Address;

/**
 * The address of a service by its name, for {@code RequestOptions.setServer(ServiceAddress.of("orders"))}.
 *
 * @param name the service's name, a DNS label in lower case of at most 63 characters
 */
public record ServiceAddress(String name) implements Address {

    /** Checks the name: it becomes part of a request path to the agent. */
    public ServiceAddress {
        DnsLabel.require("service name", name);
    }

    /** The address of the service called {@code name}; {@code InvalidServiceException} if that is no DNS label. */
    public static ServiceAddress of(String name) {
        return new ServiceAddress(name);
    }

    /** Whether a service can have this name at all. */
    public static boolean isValidName(String name) {
        return DnsLabel.isLegal(name);
    }

    @Override
    public String toString() {
        return "service " + name;
    }
}
