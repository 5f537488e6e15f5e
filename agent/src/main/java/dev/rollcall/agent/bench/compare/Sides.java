package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.LoadNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The two sides, and what every row needs to deal with them: directories, whose turn it is, how to tell of it. */
final class Sides {
    private static final String LOG = ".log";

    private final CompareOptions options;
    private final LoadNetwork network;
    private final Journal journal;
    private final AtomicInteger directories = new AtomicInteger();

    /** Something done to one side. */
    interface Step {
        void of(Product product) throws InterruptedException;
    }

    Sides(CompareOptions options, LoadNetwork network, Journal journal) {
        this.options = options;
        this.network = network;
        this.journal = journal;
    }

    CompareOptions options() {
        return options;
    }

    LoadNetwork network() {
        return network;
    }

    Journal journal() {
        return journal;
    }

    /** Does something to both, one after the other; who is first changes from one turn to the next. */
    void each(int turn, Step step) throws InterruptedException {
        List<Product> both = new ArrayList<>(List.of(options.rollcall(), options.etcd()));
        if (turn % 2 == 1) {
            both.add(both.remove(0));
        }
        for (Product product : both) {
            step.of(product);
        }
    }

    boolean isRollcall(Product product) {
        return product.equals(options.rollcall());
    }

    /** A directory that is new. */
    Path directory(Product product) {
        Path directory = options.directory().resolve(product.name() + "-" + directories.incrementAndGet());
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new BenchException("cannot make " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Removes all in a directory, and itself. */
    static void delete(Path directory) {
        delete(directory, path -> true);
    }

    /** Removes the data in a directory; what the servers said stays. */
    static void deleteAllButLogs(Path directory) {
        delete(directory, path -> !holdsLogs(path));
    }

    /** What a server said is in a file beside its data. */
    private static boolean holdsLogs(Path path) {
        if (Files.isRegularFile(path)) {
            return path.toString().endsWith(LOG);
        }
        try (Stream<Path> all = Files.walk(path)) {
            return all.anyMatch(
                    each -> Files.isRegularFile(each) && each.toString().endsWith(LOG));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory, Predicate<Path> which) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.filter(which).sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new BenchException("cannot empty " + directory + ": " + e.getMessage(), e);
        }
    }
}
