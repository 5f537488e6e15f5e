package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import java.nio.ByteBuffer;

/**
 * The replicated state: a few registers, the membership, and a digest over everything ever applied. It can be written down and
 * read back, which is what a snapshot is.
 */
final class MachineState {
    static final int REGISTERS = 8;
    private static final int FIXED_BYTES = (4 + REGISTERS) * Long.BYTES + Integer.BYTES;

    private long applied;
    private long term;
    private long digest;
    private final long[] registers = new long[REGISTERS];
    private Membership membership;
    private long removed;

    MachineState(Membership membership) {
        this.membership = membership;
    }

    long applied() {
        return applied;
    }

    /** Term of the entry at {@link #applied}. */
    long term() {
        return term;
    }

    long digest() {
        return digest;
    }

    Membership membership() {
        return membership;
    }

    /** Whether this was a member and is none any more. */
    boolean isRemoved(long id) {
        return (removed >>> id & 1) == 1;
    }

    /** The last value written to a register, 0 if there is none. */
    long register(int key) {
        return registers[key];
    }

    static int keyOf(long value) {
        return (int) (value % REGISTERS);
    }

    static long valueOf(Entry entry) {
        return ByteBuffer.wrap(entry.data()).getLong();
    }

    /** Whether the command that travels with a change of membership is one that the state machine executes. */
    static boolean accepts(ConfigEntry change) {
        return change.context().length == 0 || change.context()[0] == 0;
    }

    /** Whether the membership has changed. */
    boolean apply(Entry entry) {
        if (entry.index() != applied + 1) {
            throw new IllegalStateException("entry " + entry + " is applied after " + applied);
        }
        applied = entry.index();
        term = entry.term();
        digest = Hash.chain(digest, entry);
        if (entry.kind() == EntryKind.NORMAL) {
            long value = valueOf(entry);
            registers[keyOf(value)] = value;
        } else if (entry.kind() == EntryKind.CONFIG) {
            ConfigEntry change = ConfigEntry.decode(entry.data());
            if (accepts(change)) {
                for (long id : membership.members()) {
                    removed |= change.membership().contains(id) ? 0 : 1L << id;
                }
                membership = change.membership();
                return true;
            }
        }
        return false;
    }

    MachineState copy() {
        return decode(encode(0));
    }

    byte[] encode(int padding) {
        byte[] members = new ConfigEntry(membership, new byte[0]).encode();
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + members.length + padding);
        out.putLong(applied).putLong(term).putLong(digest).putLong(removed);
        for (long value : registers) {
            out.putLong(value);
        }
        return out.putInt(members.length).put(members).array();
    }

    static MachineState decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long applied = in.getLong();
        long term = in.getLong();
        long digest = in.getLong();
        long removed = in.getLong();
        long[] registers = new long[REGISTERS];
        for (int i = 0; i < REGISTERS; i++) {
            registers[i] = in.getLong();
        }
        byte[] members = new byte[in.getInt()];
        in.get(members);
        MachineState state = new MachineState(ConfigEntry.decode(members).membership());
        state.applied = applied;
        state.term = term;
        state.digest = digest;
        state.removed = removed;
        System.arraycopy(registers, 0, state.registers, 0, REGISTERS);
        return state;
    }
}
