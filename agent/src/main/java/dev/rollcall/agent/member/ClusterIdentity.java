package dev.rollcall.agent.member;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/** Ids that every member computes alike from the flags of the first start. */
public final class ClusterIdentity {
    private ClusterIdentity() {}

    /** First 8 bytes of SHA-256 over the sorted peer URLs and the token; never 0. */
    public static long memberId(List<String> peerUrls, String token) {
        MessageDigest sha = sha256();
        peerUrls.stream().sorted().forEach(url -> sha.update((url + "\n").getBytes(StandardCharsets.UTF_8)));
        sha.update(token.getBytes(StandardCharsets.UTF_8));
        return firstLong(sha);
    }

    /** First 8 bytes of SHA-256 over the sorted ids of the initial members and the token; never 0. */
    public static long clusterId(Collection<Long> memberIds, String token) {
        MessageDigest sha = sha256();
        memberIds.stream()
                .sorted(Long::compareUnsigned)
                .forEach(id -> sha.update(ByteBuffer.allocate(8).putLong(0, id)));
        sha.update(token.getBytes(StandardCharsets.UTF_8));
        return firstLong(sha);
    }

    private static long firstLong(MessageDigest sha) {
        long id = ByteBuffer.wrap(sha.digest()).getLong();
        return id == 0 ? 1 : id;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
