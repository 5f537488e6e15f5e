package dev.rollcall.agent.local;

import dev.rollcall.storage.apply.AlarmTable;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.mvcc.KvStore;

/**
 * What can be read of the replicated state, from any thread. Each call gives the current generation of the state, which
 * the installation of a snapshot replaces: whoever reads several things for one answer takes each view once.
 */
public interface StoreViews {
    KvStore kv();

    LeaseTable leases();

    MemberTable members();

    AlarmTable alarms();

    /** About how much heap keys, revisions and leases take: what no quota of the file bounds. */
    default long indexBytes() {
        return kv().indexBytes() + leases().bytes();
    }
}
