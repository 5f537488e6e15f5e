package dev.rollcall.agent.member;

import dev.rollcall.agent.peer.Forward;
import dev.rollcall.agent.peer.ForwardRefusal;
import dev.rollcall.agent.peer.FrameType;
import dev.rollcall.agent.peer.LeaseAnswers;
import dev.rollcall.agent.peer.LeaseQuestions;
import dev.rollcall.agent.peer.PeerEvents;
import dev.rollcall.agent.peer.Refusal;
import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decodes what peers send, on event loops, and hands it to the raft thread. */
final class PeerInbox implements PeerEvents {
    private static final Logger log = LoggerFactory.getLogger(PeerInbox.class);

    private final Consensus consensus;
    private final Supplier<Proposals> proposals;
    private final Supplier<LeaseRouter> leases;
    private final Retirement retirement;

    PeerInbox(Consensus consensus, Supplier<Proposals> proposals, Supplier<LeaseRouter> leases, Retirement retirement) {
        this.retirement = retirement;
        this.consensus = consensus;
        this.proposals = proposals;
        this.leases = leases;
    }

    @Override
    public void consensus(long from, Buffer bytes) {
        Message message;
        try {
            message = MessageCodec.decode(bytes.getBytes());
        } catch (CodecException e) {
            log.warn("peer {}: a consensus message is dropped: {}", Long.toHexString(from), e.getMessage());
            return;
        }
        if (message.from() != from) {
            log.warn(
                    "peer {}: a message in the name of {} is dropped",
                    Long.toHexString(from),
                    Long.toHexString(message.from()));
            return;
        }
        consensus.receive(message);
    }

    @Override
    public void call(long from, FrameType type, Buffer payload) {
        try {
            switch (type) {
                case FORWARD -> {
                    Forward forward = Forward.decode(payload);
                    consensus.post(() -> proposals.get().forwarded(from, forward));
                }
                case FORWARD_REFUSED -> {
                    ForwardRefusal refusal = ForwardRefusal.decode(payload);
                    consensus.post(() -> proposals.get().refused(refusal));
                }
                case LEASE_QUESTIONS -> {
                    LeaseQuestions questions = LeaseQuestions.decode(payload);
                    consensus.post(() -> leases.get().asked(from, questions));
                }
                case LEASE_ANSWERS -> {
                    LeaseAnswers answers = LeaseAnswers.decode(payload);
                    consensus.post(() -> leases.get().answered(answers));
                }
                default -> log.warn("peer {}: a frame of type {} is dropped here", Long.toHexString(from), type);
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            log.warn("peer {}: a frame of type {} is dropped: {}", Long.toHexString(from), type, e.getMessage());
        }
    }

    @Override
    public void gone(long peer) {
        log.info("peer {}: its process is gone, it refuses connections", Long.toHexString(peer));
        consensus.peerGone(peer);
    }

    @Override
    public void refused(long peer, Refusal refusal) {
        switch (refusal.kind()) {
            case REMOVED -> retirement.removed("member " + Long.toHexString(peer) + " says so");
            case OTHER_DIRECTORY -> retirement.shutOut(refusal.why());
            case MISTAKE -> {} // it has been logged, and may go away
        }
    }
}
