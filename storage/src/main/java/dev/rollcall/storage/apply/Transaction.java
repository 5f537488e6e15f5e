package dev.rollcall.storage.apply;

import dev.rollcall.storage.mvcc.KvWriter;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.ResponseOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * One transaction: choose the branches, check every operation on them, then run them.
 *
 * <p>All guards, those of nested transactions too, look at the store as it was before the transaction; operations see what
 * earlier ones have done. Whatever can fail does so in the check, so a failed transaction has changed nothing. Source: etcd
 * v3.6, {@code server/etcdserver/txn/txn.go}.
 */
final class Transaction {
    /** The way taken through a transaction: its operations, and for each nested one, in order, the way through that. */
    private record Path(boolean succeeded, List<RequestOp> ops, List<Path> nested) {}

    private final KvCommands commands;
    private final KvWriter writer;
    private final AnswerRoom room;
    private final Path path;

    Transaction(TxnRequest request, KvCommands commands, KvWriter writer, AnswerRoom room) {
        this.commands = commands;
        this.writer = writer;
        this.room = room;
        this.path = choose(request);
    }

    private Path choose(TxnRequest request) {
        boolean succeeded = writer.holds(request.getCompareList());
        List<RequestOp> ops = succeeded ? request.getSuccessList() : request.getFailureList();
        List<Path> nested = new ArrayList<>();
        for (RequestOp op : ops) {
            if (op.hasRequestTxn()) {
                nested.add(choose(op.getRequestTxn()));
            }
        }
        return new Path(succeeded, ops, nested);
    }

    /** Checks and runs it. */
    TxnResponse.Builder run() {
        checkPuts(path);
        checkRanges(path);
        commands.checkCount(countChanges(path));
        return run(path);
    }

    private void checkPuts(Path on) {
        inOrder(on, op -> {
            if (op.hasRequestPut()) {
                commands.checkInTxn(op.getRequestPut());
            }
        });
    }

    private void checkRanges(Path on) {
        inOrder(on, op -> {
            if (op.hasRequestRange()) {
                writer.checkReadable(op.getRequestRange());
            }
        });
    }

    /** Each operation in the order in which it will run: the first that fails decides which error the client sees. */
    private static void inOrder(Path on, Consumer<RequestOp> check) {
        Iterator<Path> nested = on.nested.iterator();
        for (RequestOp op : on.ops) {
            if (op.hasRequestTxn()) {
                inOrder(nested.next(), check);
            } else {
                check.accept(op);
            }
        }
    }

    private long countChanges(Path on) {
        long count = 0;
        for (RequestOp op : on.ops) {
            if (op.hasRequestPut()) {
                count++;
            } else if (op.hasRequestDeleteRange()) {
                count += commands.count(op.getRequestDeleteRange());
            }
        }
        for (Path inner : on.nested) {
            count += countChanges(inner);
        }
        return count;
    }

    private TxnResponse.Builder run(Path on) {
        TxnResponse.Builder answer = TxnResponse.newBuilder().setSucceeded(on.succeeded);
        Iterator<Path> nested = on.nested.iterator();
        for (RequestOp op : on.ops) {
            ResponseOp.Builder response = ResponseOp.newBuilder();
            switch (op.getRequestCase()) {
                case REQUEST_RANGE ->
                    response.setResponseRange(
                            room.range(writer, op.getRequestRange()).setHeader(header()));
                case REQUEST_PUT ->
                    response.setResponsePut(
                            commands.put(op.getRequestPut(), room).setHeader(header()));
                case REQUEST_DELETE_RANGE ->
                    response.setResponseDeleteRange(
                            commands.delete(op.getRequestDeleteRange(), room).setHeader(header()));
                case REQUEST_TXN ->
                    // Empty, as etcd leaves it: only operations that touch keys name a revision.
                    response.setResponseTxn(run(nested.next()).setHeader(ResponseHeader.getDefaultInstance()));
                case REQUEST_NOT_SET -> throw new IllegalStateException("an empty operation was let into the log");
            }
            answer.addResponses(response);
        }
        return answer;
    }

    /** The revision after the operation just run. */
    private ResponseHeader header() {
        return ResponseHeader.newBuilder().setRevision(writer.revision()).build();
    }
}
