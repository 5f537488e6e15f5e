package dev.rollcall.agent.bench.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Requests that differ in nothing but their keys, which are drawn from the key space or counted through it. */
final class KeyedRequests implements Requests {
    private static final long NEVER_REACHED = 1L << 40;

    private final EtcdMethod method;
    private final Template template;
    private final Keys keys;
    private final long keySpace;
    private final int leastAnswerBytes;
    private final @Nullable SplittableRandom random;

    private KeyedRequests(
            EtcdMethod method,
            Function<ByteString, Message> message,
            LoadOptions options,
            int leastAnswerBytes,
            @Nullable SplittableRandom random) {
        this.method = method;
        this.keys = new Keys(options.keySizeBytes());
        this.template = Template.of(message, options.keySizeBytes());
        this.keySpace = options.keySpace();
        this.leastAnswerBytes = leastAnswerBytes;
        this.random = random;
    }

    /** Puts of random keys. */
    static Requests puts(LoadOptions options, int client) {
        return new KeyedRequests(EtcdMethod.PUT, key -> put(options, key), options, 0, random(options, client));
    }

    /** Puts of one key after the other. */
    static Requests allKeys(LoadOptions options) {
        return new KeyedRequests(EtcdMethod.PUT, key -> put(options, key), options, 0, null);
    }

    /** Ranges of one random key each, which must be there. */
    static Requests ranges(LoadOptions options, int client, boolean serializable) {
        return new KeyedRequests(
                EtcdMethod.RANGE,
                key -> RangeRequest.newBuilder()
                        .setKey(key)
                        .setSerializable(serializable)
                        .build(),
                options,
                options.valueSizeBytes(),
                random(options, client));
    }

    /** Transactions that put {@code puts} random keys if another one was not written very often, which always holds. */
    static Requests txns(LoadOptions options, int client, int puts) {
        if (puts > options.keySpace()) {
            throw new BenchException("transactions of " + puts + " puts need as many keys, not " + options.keySpace());
        }
        return new KeyedRequests(EtcdMethod.TXN, key -> txn(options, key, puts), options, 0, random(options, client));
    }

    private static TxnRequest txn(LoadOptions options, ByteString key, int puts) {
        TxnRequest.Builder txn = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(key)
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setResult(Compare.CompareResult.LESS)
                        .setVersion(NEVER_REACHED));
        for (int i = 0; i < puts; i++) {
            txn.addSuccess(RequestOp.newBuilder().setRequestPut(put(options, key)));
        }
        return txn.build();
    }

    private static PutRequest put(LoadOptions options, ByteString key) {
        return PutRequest.newBuilder()
                .setKey(key)
                .setValue(UnsafeByteOperations.unsafeWrap(Keys.value(options.valueSizeBytes())))
                .build();
    }

    private static SplittableRandom random(LoadOptions options, int client) {
        return new SplittableRandom(options.seed() * 1_000_003 + client);
    }

    @Override
    public EtcdMethod method() {
        return method;
    }

    @Override
    public byte[] next(long number, long startNanos) {
        // Neighbours, as no key may be put twice in a transaction.
        long key = random == null ? number % keySpace : random.nextLong(keySpace);
        for (int place : template.places()) {
            keys.write(key, template.message(), place);
            key = key + 1 == keySpace ? 0 : key + 1;
        }
        return template.message();
    }

    @Override
    public @Nullable String check(int length) {
        return length < leastAnswerBytes ? "the key is not there" : null;
    }
}
