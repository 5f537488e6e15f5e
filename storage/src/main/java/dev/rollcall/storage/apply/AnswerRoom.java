package dev.rollcall.storage.apply;

import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import dev.rollcall.storage.mvcc.KvWriter;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;

/**
 * The room for one command's answer. How much there is differs from member to member, so the want of it must not change
 * what the command does: from the first key that finds no room on, nothing more of the answer is built, and all else goes on.
 */
final class AnswerRoom {
    private static final int RESOURCE_EXHAUSTED = 8;

    /** Leaves a range that is being built. */
    private static final class Full extends RuntimeException {
        private static final long serialVersionUID = 1;

        Full() {
            super("no room", null, false, false);
        }
    }

    private final AnswerMemory memory;
    private long taken;
    private boolean full;

    AnswerRoom(AnswerMemory memory) {
        this.memory = memory;
    }

    /** Bytes that the answer has taken. */
    long taken() {
        return taken;
    }

    /** Whether a part of the answer found no room, so that there is no answer. */
    boolean full() {
        return full;
    }

    /** Whether the answer may have this, too. */
    boolean fits(KeyValue kv) {
        return fits(kv.getKey().size() + (long) kv.getValue().size());
    }

    private boolean fits(long bytes) {
        long weight = AnswerGrowth.weight(bytes);
        full = full || !memory.take(weight);
        taken += full ? 0 : weight;
        return !full;
    }

    /** Answers a range; with nothing, if there is no room. */
    RangeResponse.Builder range(KvWriter writer, RangeRequest request) {
        if (!full) {
            try {
                return writer.range(request, bytes -> {
                    if (!fits(bytes)) {
                        throw new Full();
                    }
                });
            } catch (Full e) {
                // What it would have answered is not sent to anybody.
            }
        }
        return RangeResponse.newBuilder();
    }

    /** What is said in the place of an answer that found no room. */
    static EtcdException lost() {
        return new EtcdException(
                RESOURCE_EXHAUSTED,
                "rollcall: the request was carried out, but its answer takes more memory than there is for answers: "
                        + "read fewer keys in it, or leave out previous values");
    }
}
