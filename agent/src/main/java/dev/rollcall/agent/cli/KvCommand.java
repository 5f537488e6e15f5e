package dev.rollcall.agent.cli;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "kv",
        description = "Keys and values of the store.",
        subcommands = {KvCommand.Get.class, KvCommand.Put.class, KvCommand.Del.class, KvWatchCommand.class},
        footer = {"", "Example: rollcall kv get --prefix rollcall/instances/"})
final class KvCommand {
    @Command(
            name = "get",
            description =
                    "Shows a key, or all with a prefix: key and value on a line each. Exit code 1 if KEY is not there.",
            footer = {"", "Example: rollcall kv get config/limit"})
    static final class Get extends RemoteCommand {
        @Mixin
        private KeyRange range = new KeyRange();

        @Option(names = "--rev", paramLabel = "N", description = "as of this revision (default: now)")
        private long revision;

        @Option(names = "--limit", paramLabel = "N", description = "at most so many keys (default: all)")
        private long limit;

        @Option(names = "--keys-only", description = "without values")
        private boolean keysOnly;

        @Option(names = "--serializable", description = "what the endpoint knows, without asking the leader")
        private boolean serializable;

        @Override
        public Integer call() {
            RangeRequest request = RangeRequest.newBuilder()
                    .setKey(range.first())
                    .setRangeEnd(range.end())
                    .setRevision(revision)
                    .setLimit(limit)
                    .setKeysOnly(keysOnly)
                    .setSerializable(serializable)
                    .build();
            RangeResponse response;
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                response = calls.call(EtcdMethod.RANGE, request, RangeResponse.parser());
            }
            if (json()) {
                JsonArray pairs = new JsonArray();
                response.getKvsList().forEach(pair -> pairs.add(KeyText.json(pair)));
                out().println(new JsonObject()
                        .put("revision", response.getHeader().getRevision())
                        .put("count", response.getCount())
                        .put("more", response.getMore())
                        .put("kvs", pairs)
                        .encode());
            } else {
                for (KeyValue pair : response.getKvsList()) {
                    out().println(pair.getKey().toStringUtf8());
                    if (!keysOnly) {
                        out().println(pair.getValue().toStringUtf8());
                    }
                }
            }
            if (response.getKvsCount() == 0 && !range.isPrefix()) {
                throw new CommandFailure("there is no key '" + range.text() + "'");
            }
            return 0;
        }
    }

    @Command(
            name = "put",
            description = "Sets a key.",
            footer = {"", "Example: rollcall kv put config/limit 100"})
    static final class Put extends RemoteCommand {
        @Parameters(index = "0", paramLabel = "KEY", description = "the key")
        private String key = "";

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "VALUE",
                description = "the value (default: standard input)")
        private @Nullable String value;

        @Option(names = "--lease", paramLabel = "ID", description = "lease of the key, in hexadecimal")
        private @Nullable String lease;

        @Override
        public Integer call() throws IOException {
            String given = value;
            PutRequest request = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8(key))
                    .setValue(given == null ? ByteString.readFrom(System.in) : ByteString.copyFromUtf8(given))
                    .setLease(leaseId())
                    .build();
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                PutResponse response = calls.call(EtcdMethod.PUT, request, PutResponse.parser());
                out().println(
                                json()
                                        ? new JsonObject()
                                                .put(
                                                        "revision",
                                                        response.getHeader().getRevision())
                                                .encode()
                                        : "OK");
            }
            return 0;
        }

        private long leaseId() {
            String given = lease;
            if (given == null) {
                return 0;
            }
            try {
                return Long.parseUnsignedLong(given, 16);
            } catch (NumberFormatException e) {
                throw usage("--lease: '" + given + "' is not a lease id in hexadecimal");
            }
        }
    }

    @Command(
            name = "del",
            description = "Deletes a key, or all with a prefix, and says how many there were.",
            footer = {"", "Example: rollcall kv del --prefix config/"})
    static final class Del extends RemoteCommand {
        @Mixin
        private KeyRange range = new KeyRange();

        @Override
        public Integer call() {
            DeleteRangeRequest request = DeleteRangeRequest.newBuilder()
                    .setKey(range.first())
                    .setRangeEnd(range.end())
                    .build();
            try (EtcdCalls calls = new EtcdCalls(endpoints())) {
                DeleteRangeResponse response =
                        calls.call(EtcdMethod.DELETE_RANGE, request, DeleteRangeResponse.parser());
                out().println(
                                json()
                                        ? new JsonObject()
                                                .put(
                                                        "revision",
                                                        response.getHeader().getRevision())
                                                .put("deleted", response.getDeleted())
                                                .encode()
                                        : Long.toString(response.getDeleted()));
            }
            return 0;
        }
    }
}
