package dev.rollcall.agent.bench.load;

/** A load of unary calls, from as many clients as are wanted. */
public final class UnaryLoad implements Load {
    /** What each client asks. */
    private interface Source {
        Requests of(LoadOptions options, int client);
    }

    private final Source source;

    private UnaryLoad(Source source) {
        this.source = source;
    }

    /** Puts of random keys. */
    public static Load puts() {
        return new UnaryLoad(KeyedRequests::puts);
    }

    /** Puts of every key of the key space, if the total is its size. */
    public static Load allKeys() {
        return new UnaryLoad((options, client) -> KeyedRequests.allKeys(options));
    }

    /** Ranges of one random key each. */
    public static Load ranges(boolean serializable) {
        return new UnaryLoad((options, client) -> KeyedRequests.ranges(options, client, serializable));
    }

    /** Transactions of one comparison and some puts. */
    public static Load txns(int puts) {
        return new UnaryLoad((options, client) -> KeyedRequests.txns(options, client, puts));
    }

    /** Ranges and puts. */
    public static Load mixed(int readPercent, boolean serializable) {
        return new UnaryLoad((options, client) -> new MixedRequests(options, client, readPercent, serializable));
    }

    @Override
    public Prepared prepare(Fleet fleet, LoadOptions options) {
        return new Prepared() {
            @Override
            public LoadResult run(Progress progress) throws InterruptedException {
                Run run = new Run(options.clients(), options.total(), options.total(), options.ratePerSecond());
                for (int i = 0; i < options.clients(); i++) {
                    new UnaryClient(run, fleet.of(i), source.of(options, i)).start();
                }
                run.await(progress);
                return run.result();
            }

            @Override
            public void close() {
                // Keys stay: the next load may want them.
            }
        };
    }
}
