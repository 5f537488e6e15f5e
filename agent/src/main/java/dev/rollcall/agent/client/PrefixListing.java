package dev.rollcall.agent.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists a prefix in pages, all as of the revision that the first page was read at. If that revision is compacted before the
 * last page is read, the listing begins again at a newer one.
 */
final class PrefixListing {
    private static final int PAGE_KEYS = 1_000;
    private static final int MAX_STARTS = 3;

    private final Backend backend;
    private final String prefix;
    private final List<KeyValue.Pair> pairs = new ArrayList<>();
    private long revision;
    private int starts;

    PrefixListing(Backend backend, String prefix) {
        this.backend = backend;
        this.prefix = prefix;
    }

    Future<KeyValue.Listing> begin() {
        starts++;
        revision = 0;
        pairs.clear();
        return page(KeyValueMessages.firstKey(prefix));
    }

    private Future<KeyValue.Listing> page(ByteString from) {
        Buffer request = KeyValueMessages.bytes(RangeRequest.newBuilder()
                .setKey(from)
                .setRangeEnd(KeyValueMessages.rangeEnd(prefix))
                .setRevision(revision)
                .setLimit(PAGE_KEYS)
                .build());
        return backend.unary(EtcdMethod.RANGE, request, CallContext.INTERNAL).transform((answer, cause) -> {
            if (cause == null) {
                return take(answer);
            }
            boolean compacted = revision > 0
                    && cause instanceof EtcdException error
                    && error.text().equals(EtcdError.COMPACTED.text());
            return compacted && starts < MAX_STARTS ? begin() : Future.failedFuture(cause);
        });
    }

    private Future<KeyValue.Listing> take(Buffer answer) {
        RangeResponse page;
        try {
            page = KeyValueMessages.parse(RangeResponse.parser(), answer);
        } catch (InvalidProtocolBufferException e) {
            return Future.failedFuture(e);
        }
        if (revision == 0) {
            revision = page.getHeader().getRevision();
        }
        KeyValueMessages.append(page, pairs);
        if (!page.getMore() || page.getKvsCount() == 0) {
            return Future.succeededFuture(new KeyValue.Listing(revision, List.copyOf(pairs)));
        }
        return page(KeyValueMessages.after(page.getKvs(page.getKvsCount() - 1).getKey()));
    }
}
