package dev.rollcall.storage.mvcc;

/** Told how an answer grows while it is built, so that whoever asked for it may stop it. */
@FunctionalInterface
public interface AnswerGrowth {
    /** Any answer is welcome. */
    AnswerGrowth UNBOUNDED = bytes -> {};

    /**
     * The answer has grown.
     *
     * @param bytes by so many, keys and values
     * @throws RuntimeException to give it up; it reaches whoever asked
     */
    void by(long bytes);
}
