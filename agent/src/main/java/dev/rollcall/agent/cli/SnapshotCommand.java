package dev.rollcall.agent.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "snapshot",
        description = "Saves the state of a member to a file, and begins new clusters with it.",
        subcommands = {SnapshotSaveCommand.class, SnapshotStatusCommand.class, SnapshotRestoreCommand.class})
final class SnapshotCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "save, status or restore");
    }
}
