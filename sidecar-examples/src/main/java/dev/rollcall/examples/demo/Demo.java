package dev.rollcall.examples.demo;

import dev.rollcall.examples.Flags;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.json.DecodeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * {@code rollcall demo}: plays the story with a live table and goes on until Ctrl-C. {@code --check}: plays it once and exits
 * 0 if all was as it must be, else 1.
 */
public final class Demo {

    private static final String USAGE = """
            rollcall demo [--check] [--port N] [--ttl SECONDS]

              --check   play the story once, exit 0 if everything was as it must be, else 1
              --port    use consecutive ports from this one; otherwise free ones
              --ttl     lease time of each instance in seconds (5), at least 2

            Example: rollcall demo --check --port 20000
            """;

    private static final int DRAIN_DELAY_SECONDS = 2;
    private static final int DEFAULT_TTL_SECONDS = 5;
    private static final int MIN_TTL_SECONDS = 2;
    private static final long TERMINAL_TABLE_MS = 500;
    private static final long PLAIN_TABLE_MS = 10_000;

    private final Settings settings;
    private final Screen screen = new Screen(System.out);
    private final Children children;
    private final Cast cast;
    private final AgentApi api = new AgentApi();
    private volatile boolean keepFiles;
    private volatile boolean ending;

    /**
     * How the demo is played.
     *
     * @param check once, with a verdict
     * @param firstPort the first of consecutive ports, 0 for free ones
     * @param ttlSeconds lease time of each instance
     * @param drainDelaySeconds how long an agent gives gateways to notice
     */
    record Settings(boolean check, int firstPort, int ttlSeconds, int drainDelaySeconds) {}

    private Demo(Settings settings, Path rollcallJar) throws IOException {
        this.settings = settings;
        this.children = new Children(rollcallJar);
        this.cast = new Cast(children, settings);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (List.of(args).contains("--help")) {
            System.out.print(USAGE);
            return;
        }
        Settings settings;
        Path jar;
        try {
            settings = settings(args);
            jar = rollcallJar();
        } catch (IllegalArgumentException e) {
            System.err.println("rollcall demo: " + e.getMessage());
            System.exit(2);
            return;
        }
        Demo demo = new Demo(settings, jar);
        Runtime.getRuntime().addShutdownHook(new Thread(demo::end, "end"));
        boolean good = demo.play();
        if (settings.check || !good) {
            System.exit(good ? 0 : 1);
        }
        Thread.currentThread().join();
    }

    private static Settings settings(String[] args) {
        Flags flags = Flags.parse(List.of(args), Set.of("port", "ttl"), Set.of("check"));
        int ttlSeconds = flags.number("ttl", DEFAULT_TTL_SECONDS);
        if (ttlSeconds < MIN_TTL_SECONDS) {
            throw new IllegalArgumentException("--ttl must be at least " + MIN_TTL_SECONDS + " seconds");
        }
        return new Settings(flags.has("check"), flags.number("port", 0), ttlSeconds, DRAIN_DELAY_SECONDS);
    }

    private static Path rollcallJar() {
        Path jar = Path.of(System.getProperty("rollcall.jar", "agent/target/rollcall.jar"));
        if (!Files.isReadable(jar)) {
            throw new IllegalArgumentException("no agent at " + jar + ": build it, or set -Drollcall.jar=...");
        }
        return jar.toAbsolutePath();
    }

    /** The whole story; false if it did not go as it must. */
    private boolean play() {
        screen.say("Logs and data: " + children.directory());
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        Traffic withoutRetries = new Traffic(vertx, cast.gatewayWithoutRetries());
        Traffic withRetries = new Traffic(vertx, cast.gatewayWithRetries());
        Steps steps = new Steps(screen);
        Story story = new Story(cast, settings, api, withoutRetries, withRetries, steps, screen);
        try {
            story.begin();
            sayAddresses();
            if (!settings.check) {
                startTable();
            }
            story.newInstance();
            story.drain();
            story.killClient();
            story.killLeader();
        } catch (Steps.StoryFailed | DecodeException failure) {
            if (ending) {
                return false;
            }
            keepFiles = true;
            screen.say("FAILED: " + failure.getMessage());
            screen.say("Requests, retries off: " + withoutRetries);
            screen.say("Requests, retries on:  " + withRetries);
            screen.say("Logs are kept in " + children.directory());
            return false;
        }
        screen.say(steps.late() == 0 ? "All as it must be." : "All as it must be, " + steps.late() + " steps LATE.");
        if (!settings.check) {
            screen.say("Everything goes on until Ctrl-C.");
        }
        return true;
    }

    private void startTable() {
        long everyMs = screen.terminal() ? TERMINAL_TABLE_MS : PLAIN_TABLE_MS;
        Board board = new Board(cast, api);
        Thread thread = new Thread(
                () -> {
                    try {
                        while (!ending) {
                            screen.show(board.lines());
                            Thread.sleep(everyMs);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "table");
        thread.setDaemon(true);
        thread.start();
    }

    private void sayAddresses() {
        String agent = cast.voters().get(0).clientAddress();
        screen.say("Try:  curl http://127.0.0.1:" + cast.gatewayWithRetries() + "/orders/");
        screen.say("      curl http://" + agent + "/v1/services");
        screen.say("      curl -N -H 'Accept: text/event-stream' http://" + agent + "/v1/services/orders");
        screen.say("      etcdctl --endpoints=" + agent + " get --prefix rollcall/");
    }

    /** Runs when the process ends, for whatever reason. */
    private void end() {
        ending = true;
        try {
            children.killAll();
            if (!keepFiles) {
                children.deleteFiles();
            }
        } catch (IOException e) {
            System.err.println("cannot remove " + children.directory() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
