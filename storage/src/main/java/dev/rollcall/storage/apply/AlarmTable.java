package dev.rollcall.storage.apply;

import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Raised alarms. Replicated; what is refused while one is raised looks at this table alone, so that all members refuse the
 * same. Any thread may read; the apply thread changes it.
 */
public final class AlarmTable {
    private volatile ConcurrentSkipListSet<AlarmRow> alarms = new ConcurrentSkipListSet<>(
            Comparator.comparing(AlarmRow::memberId, Long::compareUnsigned).thenComparingInt(AlarmRow::type));

    /** All raised alarms, by member and type. */
    public List<AlarmRow> rows() {
        return List.copyOf(alarms);
    }

    /** Whether any member has raised this alarm. */
    public boolean raised(AlarmType type) {
        // Asked for every write, when there is no alarm.
        for (AlarmRow alarm : alarms) {
            if (alarm.type() == type.getNumber()) {
                return true;
            }
        }
        return false;
    }

    /** Answers {@code GET}: the alarms of the type asked for, {@code NONE} for all; of any member. */
    public AlarmResponse get(AlarmRequest request) {
        AlarmResponse.Builder answer = AlarmResponse.newBuilder();
        for (AlarmRow alarm : alarms) {
            if (request.getAlarm() == AlarmType.NONE || request.getAlarmValue() == alarm.type()) {
                answer.addAlarms(message(alarm));
            }
        }
        return answer.build();
    }

    /** Apply thread; false if it was there. */
    boolean raise(AlarmRow alarm) {
        return alarms.add(alarm);
    }

    /** Apply thread; false if it was not there. */
    boolean clear(AlarmRow alarm) {
        return alarms.remove(alarm);
    }

    /** Takes over the content of another table, which is not to be used any more. Apply thread. */
    void adopt(AlarmTable next) {
        alarms = next.alarms;
    }

    static AlarmMember message(AlarmRow alarm) {
        return AlarmMember.newBuilder()
                .setMemberID(alarm.memberId())
                .setAlarmValue(alarm.type())
                .build();
    }
}
