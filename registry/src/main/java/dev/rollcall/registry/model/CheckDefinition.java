package dev.rollcall.registry.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;

/**
 * One health check of a service.
 *
 * @param target a URL for {@link Type#HTTP}, {@code host:port} for {@link Type#TCP}
 * @param interval from the start of one probe to the start of the next
 * @param timeout after which a probe has failed
 * @param rise passes in a row that bring an instance back from critical
 * @param fall failures in a row that make it critical
 */
public record CheckDefinition(Type type, String target, Duration interval, Duration timeout, int rise, int fall) {
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(2);
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
    public static final int DEFAULT_RISE = 2;
    public static final int DEFAULT_FALL = 3;

    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int MOST_IN_A_ROW = 100;

    /** How a check asks. */
    public enum Type {
        /** GET: 2xx passes, 429 warns, anything else fails. */
        HTTP,
        /** Opening a connection passes. */
        TCP;

        /** As answers show it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public CheckDefinition {
        target = type == Type.HTTP ? requireUrl(target) : HostPort.parse(target).toString();
        requireDuration("check interval", interval);
        requireDuration("check timeout", timeout);
        requireCount("check rise", rise);
        requireCount("check fall", fall);
    }

    /** Reads {@code http://..}, {@code https://..} or {@code tcp://host:port}, with default timing. */
    public static CheckDefinition parse(String url) {
        if (url.startsWith("tcp://")) {
            return tcp(url.substring("tcp://".length()));
        }
        return http(url);
    }

    /** A check by GET of a URL, with default timing. */
    public static CheckDefinition http(String url) {
        return new CheckDefinition(Type.HTTP, url, DEFAULT_INTERVAL, DEFAULT_TIMEOUT, DEFAULT_RISE, DEFAULT_FALL);
    }

    /** A check by connecting to {@code host:port}, with default timing. */
    public static CheckDefinition tcp(String hostPort) {
        return new CheckDefinition(Type.TCP, hostPort, DEFAULT_INTERVAL, DEFAULT_TIMEOUT, DEFAULT_RISE, DEFAULT_FALL);
    }

    public CheckDefinition withInterval(Duration newInterval) {
        return new CheckDefinition(type, target, newInterval, timeout, rise, fall);
    }

    public CheckDefinition withTimeout(Duration newTimeout) {
        return new CheckDefinition(type, target, interval, newTimeout, rise, fall);
    }

    public CheckDefinition withRise(int newRise) {
        return new CheckDefinition(type, target, interval, timeout, newRise, fall);
    }

    public CheckDefinition withFall(int newFall) {
        return new CheckDefinition(type, target, interval, timeout, rise, newFall);
    }

    private static String requireUrl(String url) {
        try {
            URI uri = new URI(url);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null && uri.getPort() <= 65535) {
                return url;
            }
        } catch (URISyntaxException malformed) {
            // The message below says what is wanted.
        }
        throw new InvalidServiceException(
                "check '" + url + "' is not understood: use http://host:port/path, https://.. or tcp://host:port");
    }

    private static void requireDuration(String what, Duration duration) {
        if (duration.compareTo(SHORTEST) < 0 || duration.compareTo(LONGEST) > 0) {
            throw new InvalidServiceException(
                    what + " of " + duration.toMillis() + "ms is out of range: use 10ms to 1h");
        }
    }

    private static void requireCount(String what, int count) {
        if (count < 1 || count > MOST_IN_A_ROW) {
            throw new InvalidServiceException(what + " " + count + " is out of range: use 1 to " + MOST_IN_A_ROW);
        }
    }
}
