package dev.rollcall.agent.member;

/** The applied log, for those who follow it. */
public interface CommittedLog {
    /**
     * Calls the listener after every applied batch that changed the published revision, on the apply thread: it must return
     * at once (set a flag, post to an event loop). Returns what ends the subscription.
     */
    Runnable onPublished(Runnable listener);
}
