package dev.rollcall.agent.local;

import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.Proposer;
import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Refuses what would grow a store that is at its quota, and raises the alarm that makes every member refuse. Each member
 * looks at its own file and its own heap; what counts in the end is the replicated alarm, which the state machine looks at. Any event loop.
 */
final class Quota {
    /** What a key costs beside its own bytes; etcd's figure. */
    private static final long KEY_BYTES = 512;

    /** What a lease costs; etcd's figure. */
    static final long LEASE_BYTES = 64;

    private final MemberInfo info;
    private final StoreViews store;
    private final Proposer proposer;
    private final AtomicBoolean raising = new AtomicBoolean();

    Quota(MemberInfo info, StoreViews store, Proposer proposer) {
        this.info = info;
        this.store = store;
        this.proposer = proposer;
    }

    /** Bytes that this adds to the store at most. */
    static long cost(PutRequest request) {
        return KEY_BYTES + request.getKey().size() + request.getValue().size();
    }

    /** Bytes that this adds to the store at most. 0 if it puts nothing. */
    static long cost(TxnRequest request) {
        return Math.max(cost(request.getSuccessList()), cost(request.getFailureList()));
    }

    private static long cost(List<RequestOp> ops) {
        long bytes = 0;
        for (RequestOp op : ops) {
            if (op.hasRequestPut()) {
                bytes += cost(op.getRequestPut());
            } else if (op.hasRequestTxn()) {
                bytes += cost(op.getRequestTxn());
            }
        }
        return bytes;
    }

    /**
     * Lets pass what costs nothing or still has room.
     *
     * @throws dev.rollcall.storage.error.EtcdException {@code NO_SPACE}
     */
    void check(long costBytes) {
        if (costBytes == 0) {
            return;
        }
        // While the disk is short of space its alarm is on its way, if there is a leader who can commit it.
        if (info.shortOfSpace() || store.alarms().raised(AlarmType.NOSPACE)) {
            throw EtcdError.NO_SPACE.exception();
        }
        long quotaBytes = info.dbSizeQuotaBytes();
        boolean fileFull = quotaBytes > 0 && info.dbSizeBytes() + costBytes >= quotaBytes;
        // Without a quota of its own: the alternative is a member that dies of it, and then the next.
        if (fileFull || store.indexBytes() >= info.indexQuotaBytes()) {
            raise();
            throw EtcdError.NO_SPACE.exception();
        }
    }

    private void raise() {
        AlarmRow alarm = new AlarmRow(info.memberId(), AlarmType.NOSPACE_VALUE);
        if (store.alarms().rows().contains(alarm) || !raising.compareAndSet(false, true)) {
            return;
        }
        byte[] body = AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                .setMemberID(info.memberId())
                .setAlarm(AlarmType.NOSPACE)
                .build()
                .toByteArray();
        // If it fails, the next write that finds no room tries again.
        proposer.propose(CommandKind.ALARM, body, 0).onComplete(done -> raising.set(false));
    }
}
