package dev.rollcall.raft.driver;

/**
 * Identity of a data directory, drawn when it is made: 128 bits. A member that comes back with another one has lost its log
 * and its vote, and is not the member it was.
 */
public record DirectoryId(long high, long low) {
    /** In the usual notation of a UUID. */
    @Override
    public String toString() {
        String digits = hex(high) + hex(low);
        return String.join(
                "-",
                digits.substring(0, 8),
                digits.substring(8, 12),
                digits.substring(12, 16),
                digits.substring(16, 20),
                digits.substring(20));
    }

    private static String hex(long half) {
        String digits = Long.toHexString(half);
        return "0".repeat(16 - digits.length()) + digits;
    }
}
