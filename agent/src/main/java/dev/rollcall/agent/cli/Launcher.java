package dev.rollcall.agent.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;

/** The script that users start Rollcall with. */
final class Launcher {
    private static final int LEVELS = 4;

    private Launcher() {}

    /** It stands beside the jar this class comes from, or some directories above. */
    static Optional<Path> find() {
        CodeSource source = Launcher.class.getProtectionDomain().getCodeSource();
        if (source == null) {
            return Optional.empty();
        }
        try {
            Path directory = Path.of(source.getLocation().toURI()).getParent();
            for (int level = 0; level < LEVELS && directory != null; level++) {
                Path script = directory.resolve("rollcall");
                if (Files.isRegularFile(script) && Files.isExecutable(script)) {
                    return Optional.of(script);
                }
                directory = directory.getParent();
            }
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }
}
