package dev.rollcall.storage.apply;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.lease.LeaseView;
import dev.rollcall.storage.lease.Lessor;
import dev.rollcall.storage.mvcc.KvWriter;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;

/**
 * Grants, revocations and expiries. One lease, one revision; its keys go in byte order. Owned by the apply thread.
 */
final class LeaseCommands {
    private final LeaseTable table;
    private final Lessor lessor;
    private final KvWriter writer;
    private final PendingBatch pending;
    private final int maxChanges;

    LeaseCommands(LeaseTable table, Lessor lessor, KvWriter writer, PendingBatch pending, int maxChanges) {
        this.table = table;
        this.lessor = lessor;
        this.writer = writer;
        this.pending = pending;
        this.maxChanges = maxChanges;
    }

    LeaseGrantResponse grant(LeaseGrantRequest request, long index) {
        if (request.getID() == 0) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        RequestChecks.leaseGrant(request);
        if (table.contains(request.getID())) {
            throw EtcdError.LEASE_EXISTS.exception();
        }
        LeaseRow row = new LeaseRow(request.getID(), request.getTTL(), index);
        table.grant(row);
        pending.granted(row);
        lessor.granted(row);
        return LeaseGrantResponse.newBuilder()
                .setID(row.id())
                .setTTL(row.ttlSeconds())
                .build();
    }

    void revoke(long leaseId) {
        LeaseView lease = table.view(leaseId);
        if (lease == null) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        int changes = 0;
        for (byte[] key : lease.keys()) {
            if (!writer.delete(key)) {
                throw new IllegalStateException("lease " + leaseId + " has a key that is not there");
            }
            if (++changes % maxChanges == 0) {
                writer.finishRevision();
            }
        }
        writer.finishRevision();
        table.remove(leaseId);
        pending.revoked(leaseId);
        lessor.revoked(leaseId);
    }

    /**
     * Revokes those leases that are still the ones meant. Only the leader of the entry's own term may end leases: it alone
     * has counted their time.
     */
    void expire(LeaseExpiry expiry, long proposedTerm, long entryTerm) {
        if (proposedTerm != entryTerm) {
            throw EtcdError.LEADER_CHANGED.exception();
        }
        for (LeaseExpiry.Item item : expiry.leases()) {
            LeaseRow row = table.get(item.leaseId());
            if (row != null && row.grantIndex() == item.grantIndex()) {
                revoke(item.leaseId());
            }
        }
    }
}
