package dev.rollcall.registry.local;

/** A service that does not run beside this agent. */
public final class UnknownServiceException extends RuntimeException {
    UnknownServiceException(String service) {
        super("no service '" + service + "' runs beside this agent", null, false, false);
    }
}
