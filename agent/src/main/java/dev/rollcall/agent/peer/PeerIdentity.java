package dev.rollcall.agent.peer;

import java.util.UUID;

/**
 * What this member is to its peers.
 *
 * @param clusterId hash of token and initial members
 * @param memberId own member id
 * @param directoryId made with the data directory
 */
public record PeerIdentity(long clusterId, long memberId, UUID directoryId) {}
