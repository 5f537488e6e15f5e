package dev.rollcall.agent.member;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a member has come on its way to serving: its files are opened, its place in the cluster is asked for if it joins
 * one, the state file is read, the log behind it is replayed, or a snapshot comes in its place. Told by the thread that starts the member, read by any.
 */
public final class Recovery {
    /** A part of the way, which knows how far it has come. */
    private interface Stage {
        /** One line for people; null if this part is behind us. */
        @Nullable
        String text();
    }

    private volatile Stage stage = () -> "opening the data directory";

    /** What the member does now, in words, with how much of it is done; null when nothing is left to recover. */
    public @Nullable String text() {
        return stage.text();
    }

    /** The member serves: whatever it lags behind from now on is no recovery. */
    public void done() {
        stage = () -> null;
    }

    /** A directory without data asks the cluster who it is. */
    void joining() {
        stage = () -> "asking the cluster for this member's place in it";
    }

    void opening() {
        stage = () -> "checking the log";
    }

    /** The same image, which tells how much of it has been read. */
    StateImage reading(StateImage image) {
        Reading reading = new Reading(image);
        stage = reading;
        return reading;
    }

    /** The log is replayed from where the state file ended. */
    void replaying(MemberInfo info) {
        long from = info.appliedIndex();
        stage = () -> {
            String arriving = info.arriving();
            if (arriving != null) {
                return arriving;
            }
            long committed = info.commitIndex();
            long applied = info.appliedIndex();
            return applied >= committed
                    ? null
                    : "replaying the log: entry " + of(Math.max(0, applied - from), committed - from);
        };
    }

    private static String of(long done, long total) {
        return done + " of " + total + ", " + (total == 0 ? 100 : done * 100 / total) + "%";
    }

    /** Rows come in the order of revisions, so that how far they have come is known without counting them first. */
    private static final class Reading implements StateImage, Stage {
        private final StateImage image;
        private final AtomicLong rows = new AtomicLong();
        private volatile long revision;

        private Reading(StateImage image) {
            this.image = image;
        }

        @Override
        public String text() {
            return "reading the state file: " + rows.get() + " rows, to revision "
                    + of(revision, image.meta().revision());
        }

        @Override
        public void forEachRow(Consumer<KvRow> consumer) {
            image.forEachRow(row -> {
                revision = row.main();
                rows.lazySet(rows.get() + 1);
                consumer.accept(row);
            });
        }

        @Override
        public StateMeta meta() {
            return image.meta();
        }

        @Override
        public List<LeaseRow> leases() {
            return image.leases();
        }

        @Override
        public List<AlarmRow> alarms() {
            return image.alarms();
        }

        @Override
        public List<MemberRow> members() {
            return image.members();
        }
    }
}
