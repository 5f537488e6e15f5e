package dev.rollcall.storage.apply;

import dev.rollcall.storage.member.MemberRow;
import java.util.List;
import java.util.function.Consumer;

/** A state file as it is read at start. */
public interface StateImage {
    StateMeta meta();

    List<LeaseRow> leases();

    List<AlarmRow> alarms();

    List<MemberRow> members();

    /** Every row in the order of row ids, with an empty value: values stay on disk until they are asked for. */
    void forEachRow(Consumer<KvRow> consumer);

    /** The image of a store in which nothing has happened. */
    static StateImage empty() {
        return new StateImage() {
            @Override
            public StateMeta meta() {
                return StateMeta.EMPTY;
            }

            @Override
            public List<LeaseRow> leases() {
                return List.of();
            }

            @Override
            public List<AlarmRow> alarms() {
                return List.of();
            }

            @Override
            public List<MemberRow> members() {
                return List.of();
            }

            @Override
            public void forEachRow(Consumer<KvRow> consumer) {}
        };
    }
}
