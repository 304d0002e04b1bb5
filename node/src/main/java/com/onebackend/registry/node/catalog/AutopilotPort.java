package com.onebackend.registry.node.catalog;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What the {@link AutopilotRunner} sees and may do.
 *
 * <p><i>Thread:</i> the runner's; nothing here blocks.
 */
public interface AutopilotPort {
    /** How the cluster stands now. */
    Facts facts();

    /** As leader: makes a node a voter. Completes when it is one. */
    CompletableFuture<Void> promote(String nodeId);

    /** As leader: takes a voter's vote. Completes when it is none any more. */
    CompletableFuture<Void> demote(String nodeId);

    /** As leader: hands leadership to another voter. Completes when that one leads. */
    CompletableFuture<Void> transferLeadership(String nodeId);

    /**
     * The cluster at one moment.
     *
     * @param isLeader this node leads the catalog, and may decide
     * @param term the term in which it does
     * @param voters Raft's voters as this node knows them
     * @param nodes the nodes of the catalog
     */
    record Facts(String self, boolean isLeader, long term, List<VoterFacts> voters, List<NodeFacts> nodes) {
        public Facts {
            voters = List.copyOf(voters);
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * A voter.
     *
     * @param silentMillis since Raft heard of it last; 0 = this node itself
     */
    record VoterFacts(String nodeId, long silentMillis) {}

    /**
     * A node of the catalog.
     *
     * @param zone where it is; nodes of one zone may fail together
     * @param isReachable by the membership
     * @param lagEntries how far it is behind the log; negative = not known
     * @param isDrained it shall get no work
     */
    record NodeFacts(String nodeId, String zone, boolean isReachable, long lagEntries, boolean isDrained) {}
}
