package dev.rollcall.agent.local;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.agent.member.ReadIndex;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddRequest;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The Cluster service. Any member takes a change; the leader checks it against the health of the cluster, and the state
 * machine against the members there are.
 */
final class ClusterService {
    /** Peer URLs of one member. */
    private static final int MAX_URLS = 16;

    private final StoreViews store;
    private final ReadIndex readIndex;
    private final Writes writes;
    private final Headers headers;
    private final LocalLimits limits;
    private final SecureRandom random = new SecureRandom();

    ClusterService(LocalParts parts, Writes writes, Headers headers, LocalLimits limits) {
        this.store = parts.store();
        this.readIndex = parts.readIndex();
        this.writes = writes;
        this.headers = headers;
        this.limits = limits;
    }

    /** The id is drawn, not computed from the URLs: a member that is removed and added again is another one. */
    Future<Buffer> add(MemberAddRequest request, CallContext context) {
        Member member = Member.newBuilder()
                .setID(newId())
                .addAllPeerURLs(peerUrls(request.getPeerURLsList()))
                .setIsLearner(request.getIsLearner())
                .build();
        return writes.change(CommandKind.MEMBER_ADD, member.toByteArray(), context);
    }

    private long newId() {
        long id = random.nextLong();
        return id == 0 || store.members().get(id) != null || store.members().wasRemoved(id) ? newId() : id;
    }

    Future<Buffer> remove(MemberRemoveRequest request, CallContext context) {
        return writes.change(CommandKind.MEMBER_REMOVE, request.toByteArray(), context);
    }

    Future<Buffer> promote(MemberPromoteRequest request, CallContext context) {
        return writes.change(CommandKind.MEMBER_PROMOTE, request.toByteArray(), context);
    }

    Future<Buffer> update(MemberUpdateRequest request, CallContext context) {
        MemberUpdateRequest checked = MemberUpdateRequest.newBuilder()
                .setID(request.getID())
                .addAllPeerURLs(peerUrls(request.getPeerURLsList()))
                .build();
        return writes.change(CommandKind.MEMBER_UPDATE, checked.toByteArray(), context);
    }

    Future<Buffer> list(MemberListRequest request, CallContext context) {
        return request.getLinearizable()
                ? readIndex.await(limits.timeoutMs(context.timeoutMs())).map(now -> members())
                : Future.succeededFuture(members());
    }

    private Buffer members() {
        return headers.answer(
                Writes.NO_REVISION,
                MemberListResponse.newBuilder()
                        .addAllMembers(store.members().messages())
                        .build());
    }

    /** Sorted and in one notation, so that equal places are equal texts. */
    private static Set<String> peerUrls(List<String> given) {
        TreeSet<String> urls = new TreeSet<>();
        for (String text : given) {
            try {
                HttpUrl url = HttpUrl.parse(text);
                if (url.port() > 0) {
                    urls.add(url.toString());
                    continue;
                }
            } catch (ConfigException e) {
                // The API has one text for all that can be wrong with a URL.
            }
            throw EtcdError.MEMBER_BAD_URLS.exception();
        }
        if (urls.isEmpty() || urls.size() > MAX_URLS) {
            throw EtcdError.MEMBER_BAD_URLS.exception();
        }
        return urls;
    }
}
