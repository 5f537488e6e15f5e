package dev.rollcall.agent.local;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import java.util.concurrent.atomic.AtomicLong;

/** The memory that large answers may take while they are built, all together. Any thread. */
final class ReadBudget {
    private static final int RESOURCE_EXHAUSTED = 8;
    /** Taken from the common budget at once. */
    private static final long STEP_BYTES = 64 << 10;

    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();

    ReadBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Bytes taken now. */
    long takenBytes() {
        return taken.get();
    }

    /** The share of one answer, from its first key until it has been handed over. One thread at a time. */
    final class Share implements AnswerGrowth, AutoCloseable {
        private long needed;
        private long held;

        /** {@inheritDoc} An answer counts twice, for it exists once more when it is encoded. */
        @Override
        public void by(long bytes) {
            needed += AnswerGrowth.weight(bytes);
            if (needed > maxBytes) {
                throw tooLarge();
            }
            if (needed > held) {
                take(Math.min(STEP_BYTES, maxBytes) + needed - held);
            }
        }

        private void take(long bytes) {
            held += bytes;
            if (taken.addAndGet(bytes) > maxBytes + STEP_BYTES) {
                throw EtcdError.TOO_MANY_REQUESTS.exception();
            }
        }

        @Override
        public void close() {
            taken.addAndGet(-held);
            held = 0;
            needed = 0;
        }
    }

    /** Whether an answer was given up because it is larger than any may be, not for want of room at the moment. */
    static boolean isTooLarge(EtcdException failure) {
        return failure.code() == RESOURCE_EXHAUSTED;
    }

    private EtcdException tooLarge() {
        return new EtcdException(
                RESOURCE_EXHAUSTED,
                "rollcall: the answer is larger than " + maxBytes / 2
                        + " bytes: ask for parts of it with a limit, or start the member with a larger heap");
    }
}
