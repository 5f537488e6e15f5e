package dev.rollcall.storage.apply;

import com.google.protobuf.MessageLite;
import dev.rollcall.storage.error.EtcdException;
import org.jspecify.annotations.Nullable;

/**
 * What applying one command came to. Exactly one of {@code response} and {@code error} is set.
 *
 * @param index log index of the entry
 * @param term term of the entry
 * @param requestId of the command
 * @param origin member that waits for it
 * @param revision store revision after it
 * @param response the API's answer without its header
 * @param error the API's error
 * @param answerBytes taken of the {@link AnswerMemory} for it
 */
public record Outcome(
        long index,
        long term,
        long requestId,
        long origin,
        long revision,
        @Nullable MessageLite response,
        @Nullable EtcdException error,
        long answerBytes) {}
