package dev.rollcall.agent.bench.compare;

import java.nio.file.Path;
import java.util.List;

/**
 * What is to be compared.
 *
 * @param rollcall one side
 * @param etcd the other
 * @param directory for data and logs
 * @param nodes shapes: members on each side
 * @param only names of rows, or their beginnings up to a dash; empty: all
 * @param rounds of each load on each side
 * @param warmUp operations on each side before the first round
 * @param keySpace different keys that puts and ranges draw from; all are put before
 * @param scale of the loads' totals
 * @param trials of what is done a few times: starts, kills
 * @param keys of the rows about many keys
 * @param leases that expire together
 */
public record CompareOptions(
        Product rollcall,
        Product etcd,
        Path directory,
        List<Integer> nodes,
        List<String> only,
        int rounds,
        long warmUp,
        long keySpace,
        double scale,
        int trials,
        int keys,
        int leases) {
    static final int KEY_BYTES = 8;
    static final int VALUE_BYTES = 256;

    /** Whether a row is wanted. */
    boolean wants(String row) {
        return only.isEmpty() || only.stream().anyMatch(name -> row.equals(name) || row.startsWith(name + "-"));
    }
}
