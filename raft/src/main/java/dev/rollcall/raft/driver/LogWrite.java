package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One durable step of the log. All of it becomes durable together, and only then may {@code RaftDriver.persisted(seq)} be
 * called.
 *
 * @param seq from 1, one more each time; completions come back in this order
 * @param hardState the new hard state, null if it has not changed
 * @param entries consecutive; if the first one's index is not above the log's last index, the log is cut before it first
 */
public record LogWrite(long seq, @Nullable HardState hardState, List<Entry> entries) {}
