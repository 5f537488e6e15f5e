package dev.rollcall.registry.model;

/** A name of a service or an instance: it becomes one label of a DNS name (RFC 1035, 2.3.1, digits allowed first). */
public final class DnsLabel {
    /** Longest label of a DNS name. */
    public static final int MAX_LENGTH = 63;

    private DnsLabel() {}

    /** Whether the text is a lower-case DNS label. */
    public static boolean isLegal(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_LENGTH || text.charAt(0) == '-' || text.charAt(length - 1) == '-') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the text if it is a legal label.
     *
     * @param what how a message names it, "service name" for example
     */
    public static String require(String what, String text) {
        if (!isLegal(text)) {
            throw new InvalidServiceException(what + " '" + text
                    + "' is no DNS label: use 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'");
        }
        return text;
    }
}
