package dev.rollcall.agent.bench.load;

/**
 * The size of a load.
 *
 * @param clients how many ask at the same time, each one thing at a time
 * @param total how much is asked in all: operations, or for watches, puts
 * @param keySizeBytes size of each key
 * @param valueSizeBytes size of each value
 * @param keySpace how many different keys there are
 * @param ratePerSecond operations started per second over all clients; 0: each as soon as the client's last is answered
 * @param seed of the choice of keys: the same seed asks for the same keys
 */
public record LoadOptions(
        int clients, long total, int keySizeBytes, int valueSizeBytes, long keySpace, double ratePerSecond, long seed) {
    /** These, with another total. */
    public LoadOptions withTotal(long other) {
        return new LoadOptions(clients, other, keySizeBytes, valueSizeBytes, keySpace, ratePerSecond, seed);
    }

    /** These, with other clients. */
    public LoadOptions withClients(int other) {
        return new LoadOptions(other, total, keySizeBytes, valueSizeBytes, keySpace, ratePerSecond, seed);
    }

    /** These, at another rate. */
    public LoadOptions withRate(double other) {
        return new LoadOptions(clients, total, keySizeBytes, valueSizeBytes, keySpace, other, seed);
    }

    /** These, with other keys. */
    public LoadOptions withSeed(long other) {
        return new LoadOptions(clients, total, keySizeBytes, valueSizeBytes, keySpace, ratePerSecond, other);
    }
}
