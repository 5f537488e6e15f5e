package dev.rollcall.raft.core;

/** What members tell each other. */
public sealed interface Message permits Message.Placeholder {
    /** Member that sent it. */
    long from();

    /** Member it is for. */
    long to();

    /** Replaced by one record per kind of message. */
    record Placeholder(long from, long to) implements Message {}
}
