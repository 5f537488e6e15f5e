package dev.rollcall.raft.core;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The data of a {@link EntryKind#CONFIG} entry. Big-endian: format (1 byte, now 1), then voters, outgoing and learners, each
 * as a count (4) and ids (8 each, ascending), then the context up to the end.
 *
 * @param membership in force once the entry is applied
 * @param context the state machine's own bytes; empty where a leader ends a joint configuration by itself
 */
public record ConfigEntry(Membership membership, byte[] context) {
    private static final byte FORMAT = 1;

    /** The bytes of an entry. */
    public byte[] encode() {
        int ids = membership.voters().size()
                + membership.outgoing().size()
                + membership.learners().size();
        ByteBuffer out = ByteBuffer.allocate(1 + 3 * Integer.BYTES + ids * Long.BYTES + context.length);
        out.put(FORMAT);
        put(out, membership.voters());
        put(out, membership.outgoing());
        put(out, membership.learners());
        return out.put(context).array();
    }

    /**
     * What these bytes say.
     *
     * @throws IllegalArgumentException if they are of a newer format or damaged: a member that cannot understand a committed
     *     entry must stop, not skip
     */
    public static ConfigEntry decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length == 0 || in.get() != FORMAT) {
            throw new IllegalArgumentException(
                    bytes.length == 0
                            ? "a change of membership without data"
                            : "a change of membership of format " + bytes[0]
                                    + " needs a newer version of this program");
        }
        Membership membership = new Membership(ids(in), ids(in), ids(in));
        return new ConfigEntry(membership, Arrays.copyOfRange(bytes, in.position(), bytes.length));
    }

    private static void put(ByteBuffer out, NavigableSet<Long> ids) {
        out.putInt(ids.size());
        for (long id : ids) {
            out.putLong(id);
        }
    }

    private static NavigableSet<Long> ids(ByteBuffer in) {
        int count = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (count < 0 || count > in.remaining() / Long.BYTES) {
            throw new IllegalArgumentException("a change of membership cut short");
        }
        TreeSet<Long> ids = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            long id = in.getLong();
            if (!ids.isEmpty() && id <= ids.last()) {
                throw new IllegalArgumentException("a change of membership with ids out of order");
            }
            ids.add(id);
        }
        return ids;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ConfigEntry e && e.membership.equals(membership) && Arrays.equals(e.context, context);
    }

    @Override
    public int hashCode() {
        return membership.hashCode() * 31 + Arrays.hashCode(context);
    }

    @Override
    public String toString() {
        return membership + "+" + context.length + "B";
    }
}
