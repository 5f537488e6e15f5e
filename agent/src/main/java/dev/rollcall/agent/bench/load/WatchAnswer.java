package dev.rollcall.agent.bench.load;

import io.netty.buffer.ByteBuf;

/** Reads a watch's answers as far as the measurement goes: how many events, and the first bytes of each value. */
final class WatchAnswer {
    /** What is found in an answer. */
    interface Found {
        /** The watch exists from now on. */
        void created();

        /** The watch is over. */
        void canceled();

        /**
         * A put.
         *
         * @param stamp the first 8 bytes of its value; 0 if it has fewer
         */
        void put(long stamp);

        /** A key was deleted. */
        void deleted();
    }

    private WatchAnswer() {}

    /** Reads {@code length} bytes from the reader index on. */
    static void read(ByteBuf in, int length, Found found) {
        int end = in.readerIndex() + length;
        while (in.readerIndex() < end) {
            int tag = (int) Wire.varint(in);
            if (tag == Wire.bytesTag(11)) {
                int bytes = (int) Wire.varint(in);
                event(in, in.readerIndex() + bytes, found);
            } else if (tag == Wire.varintTag(3)) {
                if (Wire.varint(in) != 0) {
                    found.created();
                }
            } else if (tag == Wire.varintTag(4)) {
                if (Wire.varint(in) != 0) {
                    found.canceled();
                }
            } else {
                Wire.skip(in, tag);
            }
        }
    }

    private static void event(ByteBuf in, int end, Found found) {
        boolean deleted = false;
        long stamp = 0;
        while (in.readerIndex() < end) {
            int tag = (int) Wire.varint(in);
            if (tag == Wire.varintTag(1)) {
                deleted = Wire.varint(in) != 0;
            } else if (tag == Wire.bytesTag(2)) {
                int bytes = (int) Wire.varint(in);
                stamp = stamp(in, in.readerIndex() + bytes);
            } else {
                Wire.skip(in, tag);
            }
        }
        if (deleted) {
            found.deleted();
        } else {
            found.put(stamp);
        }
    }

    private static long stamp(ByteBuf in, int end) {
        long stamp = 0;
        while (in.readerIndex() < end) {
            int tag = (int) Wire.varint(in);
            if (tag == Wire.bytesTag(5)) {
                int bytes = (int) Wire.varint(in);
                stamp = bytes < Long.BYTES ? 0 : in.getLong(in.readerIndex());
                in.skipBytes(bytes);
            } else {
                Wire.skip(in, tag);
            }
        }
        return stamp;
    }
}
