package dev.rollcall.registry.resolver;

/**
 * A request to a service failed before anything was sent, because there is no endpoint to send it to. A gateway answers
 * 503.
 */
public final class NoEndpointsException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final String service;

    NoEndpointsException(String service, String message) {
        super(message);
        this.service = service;
    }

    /** The service that was asked for. */
    public String service() {
        return service;
    }

    // Thrown for every request while a service is down: a trace through Vert.x would cost much and tell nothing.
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
