package dev.rollcall.agent.cli;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        description = "What each endpoint says of itself. Exit code 1 if one does not answer or has an error.",
        footer = {"", "Example: rollcall status --endpoints n1:2379,n2:2379,n3:2379"})
final class StatusCommand extends RemoteCommand {
    @Override
    public Integer call() {
        JsonArray rows = new JsonArray();
        boolean fine = true;
        try (EtcdCalls calls = new EtcdCalls(endpoints())) {
            Map<Endpoint, Future<StatusResponse>> answers = new LinkedHashMap<>();
            for (Endpoint endpoint : endpoints()) {
                answers.put(
                        endpoint,
                        calls.start(
                                endpoint,
                                EtcdMethod.STATUS,
                                StatusRequest.getDefaultInstance(),
                                StatusResponse.parser()));
            }
            for (Map.Entry<Endpoint, Future<StatusResponse>> answer : answers.entrySet()) {
                JsonObject row =
                        new JsonObject().put("endpoint", answer.getKey().toString());
                try {
                    StatusResponse status = EtcdCalls.await(answer.getValue());
                    fine &= status.getErrorsCount() == 0 && status.getLeader() != 0;
                    rows.add(describe(row, status));
                } catch (CommandFailure e) {
                    fine = false;
                    rows.add(row.put("error", e.line()));
                }
            }
        }
        if (json()) {
            out().println(rows.encode());
        } else {
            print(rows);
        }
        return fine ? 0 : 1;
    }

    private static JsonObject describe(JsonObject row, StatusResponse status) {
        return row.put("memberId", Long.toHexString(status.getHeader().getMemberId()))
                .put("version", status.getVersion())
                .put("dbSizeBytes", status.getDbSize())
                .put("dbSizeInUseBytes", status.getDbSizeInUse())
                .put("leader", status.getLeader() == 0 ? null : Long.toHexString(status.getLeader()))
                .put("isLeader", status.getLeader() == status.getHeader().getMemberId())
                .put("isLearner", status.getIsLearner())
                .put("revision", status.getHeader().getRevision())
                .put("raftTerm", status.getRaftTerm())
                .put("raftIndex", status.getRaftIndex())
                .put("raftAppliedIndex", status.getRaftAppliedIndex())
                .put("errors", new JsonArray(status.getErrorsList()));
    }

    private void print(JsonArray rows) {
        Table table = new Table(
                "ENDPOINT", "ID", "VERSION", "DB SIZE", "IN USE", "ROLE", "TERM", "INDEX", "APPLIED", "ERRORS");
        for (JsonObject row : Answer.list(rows)) {
            if (row.containsKey("error")) {
                table.row(row.getString("endpoint"), "", "", "", "", "", "", "", "", row.getString("error"));
                continue;
            }
            boolean leader = Boolean.TRUE.equals(row.getBoolean("isLeader"));
            boolean learner = Boolean.TRUE.equals(row.getBoolean("isLearner"));
            String errors = row.getValue("leader") == null ? "no leader" : Answer.words(row, "errors");
            table.row(
                    row.getString("endpoint"),
                    row.getString("memberId"),
                    row.getString("version"),
                    size(row.getLong("dbSizeBytes")),
                    size(row.getLong("dbSizeInUseBytes")),
                    leader ? "leader" : learner ? "learner" : "follower",
                    row.getValue("raftTerm"),
                    row.getValue("raftIndex"),
                    row.getValue("raftAppliedIndex"),
                    errors);
        }
        table.print(out());
    }

    /** Bytes as people read them, in powers of 1024. */
    static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int unit = Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        double amount = bytes / (double) (1L << (10 * unit));
        return String.format(java.util.Locale.ROOT, "%.1f %ciB", amount, "KMGT".charAt(unit - 1));
    }
}
