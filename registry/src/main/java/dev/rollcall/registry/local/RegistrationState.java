package dev.rollcall.registry.local;

import java.util.Locale;

/** How a registration stands. */
public enum RegistrationState {
    /** The store has the instance as it is. */
    REGISTERED,
    /** The store does not have it yet; being tried. */
    WAITING,
    /** Another agent holds this instance's id; tried again when its record changes or goes. */
    CONFLICT;

    /** As answers show it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
