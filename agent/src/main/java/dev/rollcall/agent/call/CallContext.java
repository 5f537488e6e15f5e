package dev.rollcall.agent.call;

import org.jspecify.annotations.Nullable;

/**
 * What came with a call beside its message.
 *
 * @param requireLeader metadata {@code hasleader: true}: fail rather than wait while there is no leader
 * @param token metadata {@code token}, null if there was none
 * @param timeoutMs the caller's deadline from now, 0 for none
 * @param remote address of the caller, for logs
 */
public record CallContext(boolean requireLeader, @Nullable String token, long timeoutMs, String remote) {
    /** A call made by this process itself. */
    public static final CallContext INTERNAL = new CallContext(false, null, 0, "internal");
}
