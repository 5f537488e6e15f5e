package dev.rollcall.agent.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How the values of flags and files are written. Every method says in one line what it expected. */
final class Values {
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");
    private static final Map<String, Long> UNIT_NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "µs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);
    /** About 100 years: what no duration here needs, and far from any overflow. */
    private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(36_525L * 24 * 3_600_000_000_000L);

    private Values() {}

    /** A whole number from {@code min} to {@code max}. */
    static long number(String text, long min, long max) throws ConfigException {
        try {
            long value = Long.parseLong(text.strip());
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // The one message below covers both.
        }
        throw new ConfigException("'" + text + "' is not a whole number from " + min + " to " + max);
    }

    /** A time with its unit, as Go writes it: {@code 500ms}, {@code 10s}, {@code 1h30m}. */
    static Duration duration(String text) throws ConfigException {
        String stripped = text.strip();
        Matcher part = DURATION_PART.matcher(stripped);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            long unit = UNIT_NANOS.getOrDefault(part.group(2), 0L);
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
            end = part.end();
        }
        if (stripped.equals("0")) {
            return Duration.ZERO;
        }
        if (end == 0 || end != stripped.length() || nanos.compareTo(MAX_NANOS) > 0) {
            throw new ConfigException("'" + text + "' is not a time with a unit such as 500ms, 10s or 5m");
        }
        return Duration.ofNanos(nanos.longValue());
    }

    /** etcd's milliseconds: a bare number, or a time with its unit. */
    static long milliseconds(String text, long min, long max) throws ConfigException {
        boolean bare = text.strip().chars().allMatch(Character::isDigit);
        return bare
                ? number(text, min, max)
                : number(Long.toString(duration(text).toMillis()), min, max);
    }

    /** A time of whole seconds; a bare number is seconds. */
    static int seconds(String text) throws ConfigException {
        boolean bare = !text.isBlank() && text.strip().chars().allMatch(Character::isDigit);
        Duration duration = bare ? Duration.ofSeconds(number(text, 0, Integer.MAX_VALUE)) : duration(text);
        if (!duration.equals(Duration.ofSeconds(duration.toSeconds())) || duration.toSeconds() > Integer.MAX_VALUE) {
            throw new ConfigException("'" + text + "' is not a whole number of seconds such as 10s");
        }
        return (int) duration.toSeconds();
    }

    /** Values separated by commas, without the empty ones. */
    static List<String> list(String text) {
        List<String> values = new ArrayList<>();
        for (String value : text.split(",", -1)) {
            if (!value.isBlank()) {
                values.add(value.strip());
            }
        }
        return values;
    }

    /** URLs separated by commas; at least one. */
    static List<HttpUrl> urls(String text) throws ConfigException {
        List<HttpUrl> urls = new ArrayList<>();
        for (String url : list(text)) {
            urls.add(HttpUrl.parse(url));
        }
        if (urls.isEmpty()) {
            throw new ConfigException("no URL given: expected http://host:port");
        }
        return List.copyOf(urls);
    }

    /** {@code host:port}, or the same as a URL. Answers it as {@code host:port}. */
    static String endpoint(String text) throws ConfigException {
        HttpUrl url;
        try {
            url = HttpUrl.parse(text.contains("://") ? text : "http://" + text);
        } catch (ConfigException e) {
            if (text.startsWith("https://")) {
                throw e;
            }
            throw new ConfigException("'" + text + "' is not of the form host:port");
        }
        if (url.port() == 0) {
            throw new ConfigException("'" + text + "' needs a port from 1 to 65535");
        }
        return url.authority();
    }

    /** One of these words, in their case. */
    static String word(String text, String... words) throws ConfigException {
        for (String word : words) {
            if (word.equals(text)) {
                return word;
            }
        }
        throw new ConfigException("'" + text + "' is not one of " + String.join(", ", words));
    }

    /** {@code key=value}. */
    static Map.Entry<String, String> pair(String text) throws ConfigException {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("'" + text + "' is not of the form key=value");
        }
        return Map.entry(text.substring(0, equals), text.substring(equals + 1));
    }

    /** How a setting's value is read. */
    interface Reader<T> {
        T read(String text) throws ConfigException;
    }

    /** Reads a setting, or answers the default if it was not given; a complaint names the flag or variable. */
    static <T> T read(Settings.@Nullable Setting setting, T byDefault, Reader<T> reader) throws ConfigException {
        if (setting == null) {
            return byDefault;
        }
        try {
            return reader.read(setting.value());
        } catch (ConfigException e) {
            throw setting.wrong(e.line());
        }
    }

    /** Characters to insert, delete or replace to get from one word to the other (Levenshtein). */
    static int editDistance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
