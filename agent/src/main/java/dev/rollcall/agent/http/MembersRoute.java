package dev.rollcall.agent.http;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/members}: the member list, with what each member says of itself. Who does not answer within a second is
 * listed without term and applied index, so that the answer is there when it is needed most.
 */
final class MembersRoute implements Handler<RoutingContext> {
    private static final long PROBE_TIMEOUT_MS = 1_000;
    private static final long LIST_TIMEOUT_MS = 2_000;
    /** Requests answered at once; each of them asks every member. */
    private static final int MAX_ROUNDS = 16;

    private final Backend backend;
    private final StatusProbe probe;
    private final AtomicInteger rounds = new AtomicInteger();

    MembersRoute(Backend backend, StatusProbe probe) {
        this.backend = backend;
        this.probe = probe;
    }

    @Override
    public void handle(RoutingContext context) {
        if (rounds.incrementAndGet() > MAX_ROUNDS) {
            rounds.decrementAndGet();
            Problem.unavailable("the members are being asked already, more often than they answer: try again")
                    .send(context);
            return;
        }
        ask().onComplete(done -> rounds.decrementAndGet())
                .onSuccess(members -> context.response()
                        .putHeader("Content-Type", "application/json")
                        .putHeader("Cache-Control", "no-store")
                        .end(members.encode()))
                .onFailure(
                        failure -> Problem.unavailable("the member list is not to be had now: " + failure.getMessage())
                                .send(context));
    }

    private Future<JsonArray> ask() {
        // Serializable: the list is asked for above all when there is no quorum.
        Buffer list = Buffer.buffer(MemberListRequest.getDefaultInstance().toByteArray());
        Buffer status = Buffer.buffer(StatusRequest.getDefaultInstance().toByteArray());
        CallContext context = new CallContext(false, null, LIST_TIMEOUT_MS, "members");
        Future<List<Member>> members = backend.unary(EtcdMethod.MEMBER_LIST, list, context)
                .timeout(LIST_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .compose(MembersRoute::members);
        Future<@Nullable StatusResponse> own = status(backend.unary(EtcdMethod.STATUS, status, context));
        return members.compose(all -> own.compose(mine -> others(all, mine)).map(known -> shape(all, known)));
    }

    private Future<Map<Long, StatusResponse>> others(List<Member> members, @Nullable StatusResponse own) {
        Map<Long, StatusResponse> known = new HashMap<>();
        if (own != null) {
            known.put(own.getHeader().getMemberId(), own);
        }
        List<Future<?>> asked = new ArrayList<>();
        for (Member member : members) {
            if (!known.containsKey(member.getID()) && member.getClientURLsCount() > 0) {
                asked.add(status(probe.status(member.getClientURLs(0), PROBE_TIMEOUT_MS))
                        .map(answer -> {
                            if (answer != null) {
                                known.put(member.getID(), answer);
                            }
                            return known;
                        }));
            }
        }
        return Future.join(asked).map(all -> known);
    }

    private static JsonArray shape(List<Member> members, Map<Long, StatusResponse> known) {
        long term = 0;
        long leader = 0;
        for (StatusResponse status : known.values()) {
            // Of two that name a leader the one of the later term is right.
            if (status.getLeader() != 0 && Long.compareUnsigned(status.getRaftTerm(), term) >= 0) {
                term = status.getRaftTerm();
                leader = status.getLeader();
            }
        }
        JsonArray answer = new JsonArray();
        for (Member member : members) {
            StatusResponse status = known.get(member.getID());
            answer.add(new JsonObject()
                    .put("id", Long.toHexString(member.getID()))
                    .put("name", member.getName())
                    .put("role", member.getIsLearner() ? "learner" : "voter")
                    .put("leader", leader != 0 && leader == member.getID())
                    .put("term", status == null ? null : status.getRaftTerm())
                    .put("applied", status == null ? null : status.getRaftAppliedIndex())
                    .put("peerUrls", new JsonArray(new ArrayList<>(member.getPeerURLsList())))
                    .put("clientUrls", new JsonArray(new ArrayList<>(member.getClientURLsList()))));
        }
        return answer;
    }

    private static Future<List<Member>> members(Buffer bytes) {
        try {
            return Future.succeededFuture(
                    MemberListResponse.parseFrom(bytes.getBytes()).getMembersList());
        } catch (InvalidProtocolBufferException e) {
            return Future.failedFuture(e);
        }
    }

    /** A status, or null from a member that does not give one. */
    private static Future<@Nullable StatusResponse> status(Future<Buffer> answer) {
        return answer.timeout(PROBE_TIMEOUT_MS, TimeUnit.MILLISECONDS).transform((bytes, failure) -> {
            try {
                return Future.succeededFuture(bytes == null ? null : StatusResponse.parseFrom(bytes.getBytes()));
            } catch (InvalidProtocolBufferException e) {
                return Future.succeededFuture(null);
            }
        });
    }
}
