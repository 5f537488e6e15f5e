package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import java.util.Arrays;
import java.util.List;

/** A log reduced to terms, sizes and chained hashes, from index 1 and never truncated at its front: what checks compare. */
final class ChainLog {
    private long[] chains = new long[64];
    private long[] terms = new long[64];
    private long[] bytes = new long[64];
    private int last;

    int last() {
        return last;
    }

    /** Stands for the whole log up to this index; 0 is the empty log. */
    long chain(long index) {
        return chains[(int) index];
    }

    long term(long index) {
        return terms[(int) index];
    }

    /** Bytes of the entries above one index, up to and including another. */
    long bytesBetween(long above, long through) {
        return bytes[(int) through] - bytes[(int) above];
    }

    boolean has(long index) {
        return index <= last;
    }

    /** Whether both hold the same up to this index. */
    boolean agrees(ChainLog other, long index) {
        return has(index) && other.has(index) && chain(index) == other.chain(index);
    }

    void cut(long from) {
        last = (int) Math.min(last, from - 1);
    }

    void add(long term, long chain, long sizeBytes) {
        last++;
        if (last == chains.length) {
            chains = Arrays.copyOf(chains, last * 2);
            terms = Arrays.copyOf(terms, last * 2);
            bytes = Arrays.copyOf(bytes, last * 2);
        }
        terms[last] = term;
        chains[last] = chain;
        bytes[last] = bytes[last - 1] + sizeBytes;
    }

    void write(List<Entry> entries) {
        if (!entries.isEmpty()) {
            cut(entries.get(0).index());
            for (Entry entry : entries) {
                add(entry.term(), Hash.chain(chain(last), entry), entry.sizeBytes());
            }
        }
    }

    /** Becomes what another holds up to this index. */
    void become(ChainLog other, long index) {
        chains = other.chains.clone();
        terms = other.terms.clone();
        bytes = other.bytes.clone();
        last = (int) index;
    }

    ChainLog copy() {
        ChainLog copy = new ChainLog();
        copy.become(this, last);
        return copy;
    }
}
