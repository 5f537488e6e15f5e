package dev.rollcall.agent.client;

/**
 * Limits of a client.
 *
 * @param connectTimeoutMs until an endpoint counts as unreachable
 * @param callTimeoutMs for a unary call whose caller named no deadline
 * @param maxMessageBytes longest answer, after decompression
 * @param maxCalls calls and streams open at once to one endpoint; more are refused
 * @param probeAfterMs silence of an endpoint that somebody waits for, before it is asked whether it is alive
 * @param idleProbeAfterMs the same, while only streams are open
 * @param probeTimeoutMs for the answer to that
 */
public record ClientOptions(
        int connectTimeoutMs,
        long callTimeoutMs,
        int maxMessageBytes,
        int maxCalls,
        long probeAfterMs,
        long idleProbeAfterMs,
        long probeTimeoutMs) {

    /** etcd's own request timeout, and a hung endpoint left within 5 s if a caller waits, else 13 s. */
    public static final ClientOptions DEFAULT =
            new ClientOptions(2_000, 7_000, 32 * 1024 * 1024, 10_000, 2_000, 10_000, 3_000);

    public ClientOptions {
        if (connectTimeoutMs < 1
                || callTimeoutMs < 1
                || maxMessageBytes < 1
                || maxCalls < 1
                || probeAfterMs < 1
                || idleProbeAfterMs < 1
                || probeTimeoutMs < 1) {
            throw new IllegalArgumentException("limits of a client must be positive");
        }
    }
}
