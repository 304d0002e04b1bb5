package com.onebackend.registry.node.catalog;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The other nodes, as far as the catalog must talk to them beside Raft.
 *
 * <p><i>Thread:</i> any that may block.
 */
public interface FeedPeers {
    /**
     * A node that may be asked.
     *
     * @param nodeId empty when only its address is known
     * @param address what {@link FeedPeers#request} understands
     * @param isReachable gossip believes it alive
     */
    record Candidate(String nodeId, String address, boolean isReachable) {}

    /** Everybody but this node. May block for a few seconds. */
    List<Candidate> candidates();

    /** Asks; completes on a thread that must not be blocked. */
    CompletableFuture<byte[]> request(Candidate to, byte[] request, Duration timeout);
}
