package dev.rollcall.storage.apply;

import dev.rollcall.storage.member.MemberRow;
import java.util.List;

/**
 * What one or more consecutive entries changed: sealed by the apply thread, written later by the state writer in one
 * transaction with {@code meta}. Nothing in it changes after it was sealed.
 *
 * @param firstIndex first entry in it
 * @param meta where the state is after it
 * @param rows new revisions
 * @param deletedRows ids of rows that compaction removes
 * @param leases new or changed leases
 * @param deletedLeases ids of leases that are gone
 * @param alarms raised alarms
 * @param deletedAlarms cleared alarms
 * @param members new or changed members
 * @param deletedMembers ids of removed members
 */
public record StateBatch(
        long firstIndex,
        StateMeta meta,
        List<KvRow> rows,
        long[] deletedRows,
        List<LeaseRow> leases,
        long[] deletedLeases,
        List<AlarmRow> alarms,
        List<AlarmRow> deletedAlarms,
        List<MemberRow> members,
        long[] deletedMembers) {}
