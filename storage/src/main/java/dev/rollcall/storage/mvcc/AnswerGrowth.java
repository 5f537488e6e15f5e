package dev.rollcall.storage.mvcc;

/** Told how an answer grows while it is built, so that whoever asked for it may stop it. */
@FunctionalInterface
public interface AnswerGrowth {
    /** Any answer is welcome. */
    AnswerGrowth UNBOUNDED = bytes -> {};

    /** What a key and its value weigh beside their bytes. */
    long KEY_BYTES = 128;

    /** What a key and a value of so many bytes take in memory: an answer exists once more when it is encoded. */
    static long weight(long bytes) {
        return 2 * bytes + KEY_BYTES;
    }

    /**
     * The answer has grown.
     *
     * @param bytes by so many, keys and values
     * @throws RuntimeException to give it up; it reaches whoever asked
     */
    void by(long bytes);
}
