package dev.rollcall.agent.bench.load;

import io.netty.buffer.ByteBuf;

/** As much of the protobuf encoding as it takes to read a field here and there without making objects. */
final class Wire {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private Wire() {}

    static int varintTag(int field) {
        return field << 3 | VARINT;
    }

    static int bytesTag(int field) {
        return field << 3 | BYTES;
    }

    static long varint(ByteBuf in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = in.readByte();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("no varint");
    }

    /** Passes over the value of a field. */
    static void skip(ByteBuf in, int tag) {
        switch (tag & 7) {
            case VARINT -> {
                long unused = varint(in);
            }
            case FIXED_64 -> in.skipBytes(Long.BYTES);
            case BYTES -> in.skipBytes((int) varint(in));
            case FIXED_32 -> in.skipBytes(Integer.BYTES);
            default -> throw new IllegalArgumentException("wire type of tag " + tag);
        }
    }
}
