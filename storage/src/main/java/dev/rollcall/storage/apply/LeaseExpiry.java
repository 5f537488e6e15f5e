package dev.rollcall.storage.apply;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Body of {@link CommandKind#LEASE_EXPIRE}: the leases that ran out, each with the log index of its grant, so that a lease
 * granted anew under the same id is not taken for the old one. At most {@value #MAX_LEASES}.
 */
public record LeaseExpiry(List<Item> leases) {
    public static final int MAX_LEASES = 256;

    /** A lease and the log index of its grant. */
    public record Item(long leaseId, long grantIndex) {}

    public byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(16 * leases.size());
        leases.forEach(item -> out.putLong(item.leaseId()).putLong(item.grantIndex()));
        return out.array();
    }

    /**
     * @throws IllegalArgumentException if these are not whole items
     */
    public static LeaseExpiry decode(byte[] bytes) {
        if (bytes.length % 16 != 0) {
            throw new IllegalArgumentException("lease expiry of " + bytes.length + " bytes is cut short");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        List<Item> leases = new ArrayList<>(bytes.length / 16);
        while (in.hasRemaining()) {
            leases.add(new Item(in.getLong(), in.getLong()));
        }
        return new LeaseExpiry(leases);
    }
}
