package dev.rollcall.registry.model;

import java.util.Locale;

/** What an instance is fit for. */
public enum Status {
    /** Registered, no check has passed yet. */
    STARTING,
    /** Healthy. */
    PASSING,
    /** Healthy, but asks for less. */
    WARNING,
    /** Its checks fail. */
    CRITICAL,
    /** About to go: still answers, wants nothing new. */
    DRAINING;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** As records and answers show it. */
    public String text() {
        return text;
    }

    /** Whether an instance of this status is an endpoint. */
    public boolean getsTraffic() {
        return this == PASSING || this == WARNING;
    }

    /** Reads {@link #text()}. */
    public static Status parse(String text) {
        for (Status status : values()) {
            if (status.text.equals(text)) {
                return status;
            }
        }
        throw new InvalidServiceException(
                "status '" + text + "' is unknown: use starting, passing, warning, critical or draining");
    }
}
