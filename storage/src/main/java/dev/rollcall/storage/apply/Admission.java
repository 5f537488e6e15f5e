package dev.rollcall.storage.apply;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;

/**
 * What alarms refuse. {@code NOSPACE} refuses what adds data and lets pass what frees it; {@code CORRUPT} refuses every
 * change. Asked by apply, where it decides; a caller may ask before it proposes.
 */
public final class Admission {
    private final AlarmTable alarms;

    public Admission(AlarmTable alarms) {
        this.alarms = alarms;
    }

    /**
     * For every kind of change but alarms and what members publish.
     *
     * @throws dev.rollcall.storage.error.EtcdException {@code CORRUPT}
     */
    public void change() {
        if (alarms.raised(AlarmType.CORRUPT)) {
            throw EtcdError.CORRUPT.exception();
        }
    }

    /**
     * For a put or the grant of a lease.
     *
     * @throws dev.rollcall.storage.error.EtcdException {@code CORRUPT} or {@code NO_SPACE}
     */
    public void addition() {
        change();
        if (alarms.raised(AlarmType.NOSPACE)) {
            throw EtcdError.NO_SPACE.exception();
        }
    }

    /**
     * For a transaction: an addition if there is a put in any of its branches, taken or not.
     *
     * @throws dev.rollcall.storage.error.EtcdException {@code CORRUPT} or {@code NO_SPACE}
     */
    public void txn(TxnRequest request) {
        change();
        if (alarms.raised(AlarmType.NOSPACE) && puts(request)) {
            throw EtcdError.NO_SPACE.exception();
        }
    }

    private static boolean puts(TxnRequest request) {
        return puts(request.getSuccessList()) || puts(request.getFailureList());
    }

    private static boolean puts(List<RequestOp> ops) {
        return ops.stream().anyMatch(op -> op.hasRequestPut() || (op.hasRequestTxn() && puts(op.getRequestTxn())));
    }
}
