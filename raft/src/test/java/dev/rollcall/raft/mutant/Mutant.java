package dev.rollcall.raft.mutant;

import dev.rollcall.raft.core.Raft;
import dev.rollcall.raft.sim.SeedRun;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * One known-bad variant of the main sources. Its file says in words what is broken, then {@code seeds: <n>}, the number of
 * seeds within which the simulator must catch it, then the diff.
 *
 * @param name of the file, without its ending
 * @param what is broken
 * @param seeds limit
 * @param patches the change
 */
record Mutant(String name, String what, int seeds, List<Patch> patches) {
    private static final String LIMIT = "seeds: ";

    /** All of them, by name. */
    static List<Mutant> all() throws IOException {
        try (Stream<Path> files = Files.list(module().resolve("src/test/mutants"))) {
            List<Mutant> mutants = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                mutants.add(read(file));
            }
            return mutants;
        }
    }

    private static Mutant read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        StringBuilder what = new StringBuilder();
        int seeds = 0;
        for (String line : lines) {
            if (line.startsWith("--- ")) {
                break;
            } else if (line.startsWith(LIMIT)) {
                seeds = Integer.parseInt(line.substring(LIMIT.length()));
            } else {
                what.append(what.isEmpty() ? "" : " ").append(line);
            }
        }
        String name = file.getFileName().toString();
        if (!name.endsWith(".patch") || seeds == 0 || what.isEmpty()) {
            throw new IllegalArgumentException(file + " does not say what it breaks and '" + LIMIT + "<n>'");
        }
        return new Mutant(
                name.substring(0, name.length() - ".patch".length()), what.toString(), seeds, Patch.parse(lines));
    }

    /** Applies the patches to copies of the files they name, and compiles those against everything else. */
    void compileInto(Path directory) throws IOException, Patch.DoesNotApply {
        List<Path> sources = new ArrayList<>();
        for (Patch patch : patches) {
            Path original = module().resolveSibling(patch.path());
            if (!Files.exists(original)) {
                throw new Patch.DoesNotApply(patch.path() + " does not exist");
            }
            Path copy = Files.createDirectories(directory.resolve("source")).resolve(original.getFileName());
            Files.writeString(copy, patch.applyTo(Files.readString(original)));
            sources.add(copy);
        }
        Path classes = Files.createDirectories(directory.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ROOT, null)) {
            List<String> options = List.of("-nowarn", "-proc:none", "-d", classes.toString(), "-cp", classPath());
            boolean compiled = compiler.getTask(
                            said, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
            if (!compiled) {
                throw new Patch.DoesNotApply("does not compile:\n" + said);
            }
        }
    }

    /** The simulator on top of what was compiled there. Everything is loaded anew; only the JDK is shared. */
    static LongConsumer simulator(Path directory) throws ReflectiveOperationException {
        URL[] urls = {
            url(directory.resolve("classes").toUri()), locationOf(Raft.class), locationOf(SeedRun.class),
        };
        // Not closed: classes are loaded as runs need them.
        URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        return (LongConsumer) loader.loadClass(SeedRun.class.getName())
                .getDeclaredConstructor()
                .newInstance();
    }

    private static String classPath() {
        return System.getProperty("java.class.path")
                + java.io.File.pathSeparator
                + Path.of(uri(locationOf(Raft.class)));
    }

    /** The directory of this module. */
    private static Path module() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }

    private static URL locationOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    private static URL url(URI uri) {
        try {
            return uri.toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URI uri(URL url) {
        try {
            return url.toURI();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
