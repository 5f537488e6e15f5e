package dev.rollcall.agent.member;

import dev.rollcall.storage.apply.AnswerMemory;
import java.util.concurrent.atomic.AtomicLong;

/** The memory of the answers that apply has built and that have not been handed over yet, all together. Any thread. */
final class AnswerBudget implements AnswerMemory {
    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();

    AnswerBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public boolean take(long bytes) {
        if (taken.addAndGet(bytes) > maxBytes) {
            taken.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }

    long takenBytes() {
        return taken.get();
    }
}
