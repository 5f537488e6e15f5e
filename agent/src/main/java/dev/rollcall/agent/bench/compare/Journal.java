package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.load.Progress;

/** Hears what a comparison does while it does it. */
public interface Journal {
    /** One line: what begins, what a round came to. */
    void say(String line);

    /** Is told how far a load is; one for each. */
    Progress progress(String unit);
}
