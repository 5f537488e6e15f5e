package dev.rollcall.agent.local;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import dev.rollcall.agent.call.Bytes;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.storage.proto.ResponseHeader;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** Puts this member's header on answers. Any thread. */
final class Headers {
    /** Field number of the header, the same in every response message. */
    private static final int HEADER_FIELD = 1;

    private final MemberInfo info;

    Headers(MemberInfo info) {
        this.info = info;
    }

    /** The header of an answer at this store revision. */
    ResponseHeader at(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(info.clusterId())
                .setMemberId(info.memberId())
                .setRevision(revision)
                .setRaftTerm(info.soft().term())
                .build();
    }

    /**
     * The bytes of {@code body}, a response without a header, with one at this revision.
     *
     * <p>The header is written ahead of the body's own bytes: on the wire that is the same message, and spares building a
     * second copy of one that may be large.
     */
    Buffer answer(long revision, MessageLite body) {
        return answer(at(revision), body);
    }

    /** The bytes of {@code body}, a response without a header, with this one. */
    static Buffer answer(ResponseHeader header, MessageLite body) {
        int headerBytes = CodedOutputStream.computeMessageSize(HEADER_FIELD, header);
        byte[] bytes = new byte[headerBytes + body.getSerializedSize()];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeTag(HEADER_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(header.getSerializedSize());
            header.writeTo(out);
            body.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("an array of the message's own size is too small for it", e);
        }
        return Bytes.buffer(bytes);
    }
}
