package dev.rollcall.agent.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where a comparison took place: what its figures depend on. */
final class Machine {
    private static final double BYTES_PER_GIB = 1L << 30;

    private static final List<String> SETTINGS = List.of(
            "ROLLCALL_JAVA_OPTS",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "GOGC",
            "GOMAXPROCS",
            "GOMEMLIMIT",
            "GODEBUG");

    private Machine() {}

    /** Lines that stand above the table. */
    static List<String> describe(CompareOptions options) throws InterruptedException {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%d cores (%s), %s, %s %s, Java %s; load average before: %s",
                Runtime.getRuntime().availableProcessors(),
                field("/proc/cpuinfo", "model name", "unknown model"),
                memory(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.version"),
                firstWords("/proc/loadavg")));
        lines.add("data in " + fileSystem(options.directory()));
        for (Product product : List.of(options.rollcall(), options.etcd())) {
            lines.add(product.name() + ": " + product.version() + "; started as: "
                    + String.join(" ", product.command(example())));
        }
        // What the members inherit and one side alone heeds.
        SETTINGS.stream()
                .filter(name -> System.getenv(name) != null)
                .forEach(name -> lines.add("in the environment: " + name + "=" + System.getenv(name)));
        return lines;
    }

    private static Product.Place example() {
        return new Product.Place(
                "n0", Path.of("DIR"), "http://127.0.0.1:A", "http://127.0.0.1:B", "http://127.0.0.1:B", "n0=..,n1=..");
    }

    private static String memory() {
        double kib =
                Double.parseDouble("0" + field("/proc/meminfo", "MemTotal", "").replaceAll("\\D", ""));
        return String.format(Locale.ROOT, "%.0f GiB", kib * 1024 / BYTES_PER_GIB);
    }

    private static String fileSystem(Path directory) {
        try {
            FileStore store = Files.getFileStore(directory);
            boolean inMemory = store.type().equals("tmpfs") || store.type().equals("ramfs");
            return store.type()
                    + (inMemory ? ", which is memory: an fsync costs nothing there, choose another --dir" : "");
        } catch (IOException e) {
            return "an unknown file system";
        }
    }

    private static String field(String file, String name, String otherwise) {
        for (String line : lines(file)) {
            if (line.startsWith(name)) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return otherwise;
    }

    private static String firstWords(String file) {
        List<String> lines = lines(file);
        String[] words = lines.isEmpty() ? new String[0] : lines.get(0).split(" ", -1);
        return words.length < 3 ? "unknown" : String.join(" ", words[0], words[1], words[2]);
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }
}
