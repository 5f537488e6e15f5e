package dev.rollcall.raft.codec;

/** Type codes of peer messages. A code is never used for anything else again. */
final class MessageType {
    static final byte PRE_VOTE_REQUEST = 1;
    static final byte PRE_VOTE_RESPONSE = 2;
    static final byte VOTE_REQUEST = 3;
    static final byte VOTE_RESPONSE = 4;
    static final byte APPEND_REQUEST = 5;
    static final byte APPEND_RESPONSE = 6;
    static final byte HEARTBEAT_REQUEST = 7;
    static final byte HEARTBEAT_RESPONSE = 8;
    static final byte TIMEOUT_NOW = 9;
    static final byte READ_INDEX_REQUEST = 10;
    static final byte READ_INDEX_RESPONSE = 11;
    static final byte SNAPSHOT_OFFER = 12;
    static final byte SNAPSHOT_CHUNK = 13;
    static final byte SNAPSHOT_ANSWER = 14;
    static final byte COMMIT_NOTICE = 15;

    private MessageType() {}
}
