package dev.rollcall.agent.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where a member, or an etcd, serves clients. */
public record Endpoint(String host, int port) {
    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    /**
     * Reads {@code host:port} or {@code http://host:port}; an IPv6 address stands in brackets.
     *
     * @throws IllegalArgumentException if it is neither, with a text for the user
     */
    public static Endpoint parse(String text) {
        String rest = text.strip();
        String lower = rest.toLowerCase(Locale.ROOT);
        if (lower.startsWith(HTTPS)) {
            throw new IllegalArgumentException("endpoint " + text + ": https is not supported yet");
        }
        if (lower.startsWith(HTTP)) {
            rest = rest.substring(HTTP.length());
        } else if (lower.contains("://")) {
            throw new IllegalArgumentException("endpoint " + text + ": only host:port and http://host:port are known");
        }
        if (rest.endsWith("/")) {
            rest = rest.substring(0, rest.length() - 1);
        }
        int colon = rest.lastIndexOf(':');
        String host = colon < 0 ? rest : rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "endpoint " + text + ": an IPv6 address needs brackets, as in [::1]:2379");
        }
        if (colon < 0 || host.isEmpty()) {
            throw new IllegalArgumentException("endpoint " + text + ": host:port expected");
        }
        return new Endpoint(host, port(text, rest.substring(colon + 1)));
    }

    /**
     * Reads a comma-separated list.
     *
     * @throws IllegalArgumentException if one of them is not an endpoint, or there is none
     */
    public static List<Endpoint> parseList(String text) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            endpoints.add(parse(part));
        }
        return List.copyOf(endpoints);
    }

    private static int port(String text, String digits) {
        try {
            int port = Integer.parseInt(digits);
            if (port > 0 && port < 65_536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Answered below, like a number out of range.
        }
        throw new IllegalArgumentException("endpoint " + text + ": port expected, not " + digits);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
