package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch of questions about leases, asked of the leader.
 *
 * @param batchId made by the asker, returned in the answers
 * @param questions what is asked
 */
public record LeaseQuestions(long batchId, List<Question> questions) {
    /** Most questions in one batch. */
    public static final int MAX = 4_096;

    /**
     * One question.
     *
     * @param renew true to renew the lease, false to ask only for its remaining time
     */
    public record Question(boolean renew, long leaseId) {}

    public byte[] encode() {
        Buffer out = Buffer.buffer(8 + 9 * questions.size()).appendLong(batchId);
        for (Question question : questions) {
            out.appendByte((byte) (question.renew() ? 1 : 0)).appendLong(question.leaseId());
        }
        return out.getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    public static LeaseQuestions decode(Buffer in) {
        List<Question> questions = new ArrayList<>();
        for (int at = 8; at + 9 <= in.length(); at += 9) {
            questions.add(new Question(in.getByte(at) == 1, in.getLong(at + 1)));
        }
        return new LeaseQuestions(in.getLong(0), questions);
    }
}
