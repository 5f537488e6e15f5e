package dev.rollcall.registry.dns;

/**
 * One record of an answer.
 *
 * @param name owner, with the final dot
 * @param data in the presentation format of zone files
 */
public record DnsRecord(String name, RecordType type, int ttlSeconds, String data) {}
