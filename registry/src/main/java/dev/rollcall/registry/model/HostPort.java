package dev.rollcall.registry.model;

/**
 * A host, by name or IP literal, and a port.
 *
 * @param host without brackets, also for IPv6
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
    public HostPort {
        requireHost("host", host);
        requirePort("port", port);
    }

    /** Reads {@code host:port}, {@code 10.0.0.7:80} or {@code [::1]:80}. */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || (!bracketed && host.indexOf(':') >= 0)) {
            throw new InvalidServiceException("'" + text + "' is not host:port");
        }
        try {
            return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException notANumber) {
            throw new InvalidServiceException("'" + text + "' is not host:port: the port must be a number");
        }
    }

    static String requireHost(String what, String host) {
        if (host.isEmpty() || host.length() > 253 || !host.chars().allMatch(HostPort::isHostCharacter)) {
            throw new InvalidServiceException(what + " '" + host
                    + "' is neither a host name nor an IP address (no scheme, no port, no brackets)");
        }
        boolean ipv6 = host.indexOf(':') >= 0;
        if (ipv6 && host.indexOf(':') == host.lastIndexOf(':')) {
            throw new InvalidServiceException(what + " '" + host + "' must be given without a port");
        }
        return host;
    }

    static int requirePort(String what, int port) {
        if (port < 1 || port > 65535) {
            throw new InvalidServiceException(what + " " + port + " is out of range: use 1 to 65535");
        }
        return port;
    }

    private static boolean isHostCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '-'
                || c == '_'
                || c == ':'
                || c == '%';
    }

    /** {@code host:port}, with brackets around an IPv6 address. */
    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
