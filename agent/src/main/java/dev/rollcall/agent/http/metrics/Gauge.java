package dev.rollcall.agent.http.metrics;

/** The last known value of something that goes up and down; from any thread. */
public final class Gauge {
    private volatile double value;

    Gauge() {}

    /** It is this now. */
    public void set(double newValue) {
        value = newValue;
    }

    double value() {
        return value;
    }
}
