package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Message;
import java.util.List;

/** Carries messages to peers. May lose, delay, repeat and reorder them; never blocks; drops rather than queue without limit. */
public interface Transport {
    void send(List<Message> messages);
}
