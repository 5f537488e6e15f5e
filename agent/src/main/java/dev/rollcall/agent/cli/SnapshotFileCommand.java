package dev.rollcall.agent.cli;

import dev.rollcall.storage.sqlite.DamagedException;
import dev.rollcall.storage.sqlite.DataDirectoryException;
import dev.rollcall.storage.sqlite.DiskException;
import dev.rollcall.storage.sqlite.SavedSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What works on a saved snapshot, without any agent. */
abstract class SnapshotFileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "a saved snapshot")
    private Path file = Path.of("");

    @Override
    public final Integer call() {
        try {
            spec.commandLine().getOut().println(on(SavedSnapshot.open(file)));
            return 0;
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no " + e.getFile());
        } catch (DamagedException e) {
            throw new CommandFailure(file + " is damaged: " + e.getMessage());
        } catch (IOException | DataDirectoryException | DiskException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    /** Does it, and answers what to print. */
    abstract String on(SavedSnapshot snapshot) throws IOException;

    final Path file() {
        return file;
    }

    /** An error of the start line. */
    final picocli.CommandLine.ParameterException usage(String message) {
        return new picocli.CommandLine.ParameterException(spec.commandLine(), message);
    }
}
