package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;

/**
 * Answers to {@link LeaseQuestions}, in their order.
 *
 * @param batchId of the questions
 * @param led false if the receiver could not answer as leader; then there are no answers and the batch may be asked again
 * @param seconds one answer per question
 */
public record LeaseAnswers(long batchId, boolean led, long[] seconds) {
    public byte[] encode() {
        Buffer out = Buffer.buffer(9 + 8 * seconds.length).appendLong(batchId).appendByte((byte) (led ? 1 : 0));
        for (long s : seconds) {
            out.appendLong(s);
        }
        return out.getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    public static LeaseAnswers decode(Buffer in) {
        long[] seconds = new long[(in.length() - 9) / 8];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = in.getLong(9 + 8 * i);
        }
        return new LeaseAnswers(in.getLong(0), in.getByte(8) == 1, seconds);
    }
}
