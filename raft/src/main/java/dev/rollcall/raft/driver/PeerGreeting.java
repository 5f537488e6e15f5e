package dev.rollcall.raft.driver;

/**
 * Who speaks, to whom, about which cluster: what two members tell each other before anything else.
 *
 * @param format version of the peer protocol
 * @param cluster cluster id of the speaker
 * @param member the speaker
 * @param to the member it wants to reach
 * @param directory identity of the speaker's data directory
 */
public record PeerGreeting(int format, long cluster, long member, long to, DirectoryId directory) {}
