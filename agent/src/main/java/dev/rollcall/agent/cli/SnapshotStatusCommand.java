package dev.rollcall.agent.cli;

import dev.rollcall.storage.sqlite.SavedSnapshot;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "status", description = "Reads a saved snapshot, checks every checksum in it, and says what it holds.")
final class SnapshotStatusCommand extends SnapshotFileCommand {
    @Option(
            names = {"-w", "--write-out"},
            paramLabel = "FORMAT",
            description = "table for people, json for machines (default: ${DEFAULT-VALUE})")
    private RemoteCommand.Format format = RemoteCommand.Format.table;

    @Override
    String on(SavedSnapshot snapshot) throws IOException {
        SavedSnapshot.Summary summary = snapshot.summary();
        String hash = Long.toHexString(summary.hash());
        if (format == RemoteCommand.Format.json) {
            return new JsonObject()
                    .put("hash", hash)
                    .put("revision", summary.state().revision())
                    .put("totalKey", summary.keys())
                    .put("totalSize", summary.sizeBytes())
                    .put("index", summary.state().applied())
                    .encode();
        }
        return "hash " + hash + ", revision " + summary.state().revision() + ", " + summary.keys()
                + " revisions of keys, " + summary.sizeBytes() + " bytes";
    }
}
