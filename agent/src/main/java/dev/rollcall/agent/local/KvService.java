package dev.rollcall.agent.local;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.member.ReadIndex;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.RequestChecks;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.mvcc.RangeResult;
import dev.rollcall.storage.mvcc.TxnResult;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.TxnRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;

/** The KV service. Checks come in etcd's order: quota, form, backlog, size; then the state machine's own. */
final class KvService {
    /** How often a physical compaction looks whether it is done. */
    private static final long COMPACTION_LOOK_MS = 10;

    private final Vertx vertx;
    private final StoreViews store;
    private final ReadIndex readIndex;
    private final Writes writes;
    private final Quota quota;
    private final Workers workers;
    private final Headers headers;
    private final LocalLimits limits;

    KvService(
            Vertx vertx,
            LocalParts parts,
            Writes writes,
            Quota quota,
            Workers workers,
            Headers headers,
            LocalLimits limits) {
        this.vertx = vertx;
        this.store = parts.store();
        this.readIndex = parts.readIndex();
        this.writes = writes;
        this.quota = quota;
        this.workers = workers;
        this.headers = headers;
        this.limits = limits;
    }

    Future<Buffer> range(RangeRequest request, CallContext context) {
        RequestChecks.range(request);
        return request.getSerializable()
                ? read(request)
                : readIndex.await(limits.timeoutMs(context.timeoutMs())).compose(now -> read(request));
    }

    private Future<Buffer> read(RangeRequest request) {
        KvStore kv = store.kv();
        RangeResult light = kv.rangeIfLight(request);
        return light != null
                ? Future.succeededFuture(answer(light))
                : workers.run(growth -> answer(kv.range(request, growth)));
    }

    private Buffer answer(RangeResult result) {
        return headers.answer(result.revision(), result.body().build());
    }

    Future<Buffer> put(byte[] body, CallContext context) {
        PutRequest request = Requests.parse(PutRequest.parser(), body);
        quota.check(Quota.cost(request));
        RequestChecks.put(request);
        return writes.write(CommandKind.PUT, body, context);
    }

    Future<Buffer> deleteRange(byte[] body, CallContext context) {
        RequestChecks.deleteRange(Requests.parse(DeleteRangeRequest.parser(), body));
        return writes.write(CommandKind.DELETE_RANGE, body, context);
    }

    Future<Buffer> txn(byte[] body, CallContext context) {
        TxnRequest request = Requests.parse(TxnRequest.parser(), body);
        quota.check(Quota.cost(request));
        RequestChecks.txn(request, limits.maxTxnOps());
        if (!RequestChecks.isReadOnly(request)) {
            return writes.write(CommandKind.TXN, body, context);
        }
        return RequestChecks.isSerializable(request)
                ? read(request)
                : readIndex.await(limits.timeoutMs(context.timeoutMs())).compose(now -> read(request));
    }

    private Future<Buffer> read(TxnRequest request) {
        KvStore kv = store.kv();
        return kv.isHeavy(request)
                ? workers.run(growth -> answer(kv.readTxn(request, growth)))
                : Future.succeededFuture(answer(kv.readTxn(request)));
    }

    private Buffer answer(TxnResult result) {
        return headers.answer(result.revision(), result.body().build());
    }

    Future<Buffer> compact(byte[] body, CallContext context) {
        CompactionRequest request = Requests.parse(CompactionRequest.parser(), body);
        Future<Buffer> scheduled = writes.write(CommandKind.COMPACT, body, context);
        return request.getPhysical()
                ? scheduled.compose(
                        answer -> swept(request.getRevision(), context).map(answer))
                : scheduled;
    }

    /** Completes when what the compaction superseded is deleted here. The deletion itself goes on if the caller gives up. */
    private Future<Void> swept(long revision, CallContext context) {
        if (store.kv().compactFinished() >= revision) {
            return Future.succeededFuture();
        }
        Promise<Void> done = Promise.promise();
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.timeoutMs(context.timeoutMs()));
        vertx.setPeriodic(COMPACTION_LOOK_MS, timer -> {
            boolean finished = store.kv().compactFinished() >= revision;
            if (finished || System.nanoTime() - deadlineNanos >= 0) {
                vertx.cancelTimer(timer);
                if (finished) {
                    done.complete();
                } else {
                    done.fail(EtcdError.TIMEOUT.exception());
                }
            }
        });
        return done.future();
    }
}
