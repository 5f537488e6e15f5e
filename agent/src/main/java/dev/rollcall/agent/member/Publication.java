package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.proto.Member;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the cluster this member's name and client URLs, if it does not know them yet; tries until it has. */
final class Publication {
    private static final Logger log = LoggerFactory.getLogger(Publication.class);
    private static final long RETRY_MS = 200;

    private final Vertx vertx;
    private final AgentConfig config;
    private final long self;
    private final MemberTable members;
    private final ReadIndex readIndex;
    private final Proposer proposer;

    Publication(
            Vertx vertx, AgentConfig config, long self, MemberTable members, ReadIndex readIndex, Proposer proposer) {
        this.vertx = vertx;
        this.config = config;
        this.self = self;
        this.members = members;
        this.readIndex = readIndex;
        this.proposer = proposer;
    }

    void begin() {
        readIndex
                .await(0)
                .compose(current ->
                        known() ? Future.succeededFuture() : proposer.propose(CommandKind.PUBLISH, body(), 0))
                .onFailure(e -> {
                    log.debug("not published yet: {}", e.getMessage());
                    vertx.setTimer(RETRY_MS, id -> begin());
                });
    }

    private boolean known() {
        MemberRow row = members.get(self);
        return row != null
                && row.name().equals(config.name())
                && row.clientUrls().equals(clientUrls());
    }

    private List<String> clientUrls() {
        return config.advertiseClientUrls().stream().map(HttpUrl::toString).toList();
    }

    private byte[] body() {
        return Member.newBuilder()
                .setID(self)
                .setName(config.name())
                .addAllClientURLs(clientUrls())
                .build()
                .toByteArray();
    }
}
