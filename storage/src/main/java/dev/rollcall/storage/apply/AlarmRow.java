package dev.rollcall.storage.apply;

/**
 * A raised alarm.
 *
 * @param memberId member it was raised for
 * @param type number of etcd's {@code AlarmType}
 */
public record AlarmRow(long memberId, int type) {}
