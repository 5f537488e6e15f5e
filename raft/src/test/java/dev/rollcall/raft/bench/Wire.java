package dev.rollcall.raft.bench;

import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import java.util.function.UnaryOperator;

/** How a message gets from one member to another. */
public enum Wire implements UnaryOperator<Message> {
    /** As it is. */
    DIRECT {
        @Override
        public Message apply(Message message) {
            return message;
        }
    },
    /** Encoded to bytes and decoded again, as between processes. */
    CODEC {
        @Override
        public Message apply(Message message) {
            try {
                return MessageCodec.decode(MessageCodec.encode(message));
            } catch (CodecException e) {
                throw new IllegalStateException(message + " does not survive the codec", e);
            }
        }
    }
}
