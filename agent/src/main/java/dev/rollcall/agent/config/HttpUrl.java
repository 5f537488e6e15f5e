package dev.rollcall.agent.config;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * A URL as etcd's flags take it: plain HTTP, a host and a port, nothing after them.
 *
 * @param host name or IP literal, IPv6 without brackets
 * @param port 1 to 65535; 0 only for listening, where it means a free one
 */
public record HttpUrl(String host, int port) {
    /**
     * Reads {@code http://host:port}.
     *
     * @throws ConfigException if it is anything else; https is refused rather than served in the clear
     */
    public static HttpUrl parse(String text) throws ConfigException {
        URI uri;
        try {
            uri = new URI(text.strip());
        } catch (URISyntaxException e) {
            throw new ConfigException("'" + text + "' is not a URL: expected http://host:port");
        }
        String scheme = uri.getScheme();
        if ("https".equals(scheme)) {
            throw new ConfigException("'" + text + "': TLS is not supported yet, use http:// on a trusted network");
        }
        if ("unix".equals(scheme) || "unixs".equals(scheme)) {
            throw new ConfigException("'" + text + "': unix sockets are not supported, use http://host:port");
        }
        String host = uri.getHost();
        boolean bare = (uri.getRawPath() == null
                        || uri.getRawPath().isEmpty()
                        || uri.getRawPath().equals("/"))
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null
                && uri.getRawUserInfo() == null;
        if (!"http".equals(scheme) || host == null || uri.getPort() < 0 || uri.getPort() > 65_535 || !bare) {
            throw new ConfigException("'" + text + "' is not of the form http://host:port");
        }
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new HttpUrl(bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
    }

    /** Whether it names every address of the machine, which is nowhere others can connect to. */
    public boolean wildcard() {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** The host and port, IPv6 in brackets. */
    public String authority() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** The URL as members publish it. */
    @Override
    public String toString() {
        return "http://" + authority();
    }
}
