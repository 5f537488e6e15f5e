package dev.rollcall.raft.sim;

/** A simulated cluster did what it never may, or did not do what it must. */
public final class SimulationFailure extends AssertionError {
    public SimulationFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
