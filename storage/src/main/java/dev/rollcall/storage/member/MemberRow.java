package dev.rollcall.storage.member;

import java.util.List;

/**
 * A member of the Raft configuration.
 *
 * @param id member id
 * @param name empty until it has started
 * @param role its place in the configuration
 * @param peerUrls where its peers reach it
 * @param clientUrls where clients reach it; empty until it has published them
 */
public record MemberRow(long id, String name, MemberRole role, List<String> peerUrls, List<String> clientUrls) {}
