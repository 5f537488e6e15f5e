package dev.rollcall.registry.resolver;

/**
 * Sees what became of each request to each server, for metrics and pages. Called on event loops: it must be quick and safe
 * to call from several threads.
 */
public interface RequestObserver {

    /** Observes nothing. */
    RequestObserver NONE = new RequestObserver() {};

    /** The whole answer has been read, whatever its status code. */
    default void answered(ServiceEndpoint server) {}

    /**
     * No answer, or only a part of one.
     *
     * @param sent false if no connection was to be had, so that nothing of the request was sent
     */
    default void failed(ServiceEndpoint server, boolean sent, Throwable cause) {}
}
