package com.onebackend.registry.node;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.AutopilotPort;
import com.onebackend.registry.node.catalog.CatalogFigures;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipLoop;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * The cluster for the autopilot: who votes by Raft, where the nodes are by the catalog, who is there by gossip.
 *
 * <p><i>Thread:</i> any; does not block.
 */
final class ClusterFacts implements AutopilotPort {
    private final String self;
    private final CatalogService catalog;
    private final GossipLoop gossip;

    ClusterFacts(final String self, final CatalogService catalog, final GossipLoop gossip) {
        this.self = self;
        this.catalog = catalog;
        this.gossip = gossip;
    }

    @Override
    public Facts facts() {
        final CatalogFigures figures = catalog.figures();
        final Set<String> reachable = reachable();
        final List<VoterFacts> voters = figures.voters().stream()
                .map(voter -> new VoterFacts(
                        voter.nodeId(), voter.silentMillis() < 0 ? Integer.MAX_VALUE : voter.silentMillis()))
                .toList();
        final List<NodeFacts> nodes = catalog.nodes().stream()
                .map(node -> new NodeFacts(
                        node.id(), zone(node), reachable.contains(node.id()), 0, catalog.isDrained(node.id())))
                .toList();
        return new Facts(self, figures.isLeader(), figures.term(), voters, nodes);
    }

    /** Zones of two regions may have one name. */
    static String zone(final NodeRecord node) {
        return node.region().isEmpty() ? node.availabilityZone() : node.region() + "/" + node.availabilityZone();
    }

    private Set<String> reachable() {
        return gossip.members().stream()
                .filter(member -> member.state().isReachable())
                .map(Member::id)
                .map(id -> id.nodeId())
                .collect(Collectors.toSet());
    }

    @Override
    public CompletableFuture<Void> promote(final String nodeId) {
        return catalog.promote(nodeId);
    }

    @Override
    public CompletableFuture<Void> demote(final String nodeId) {
        final Set<String> reachable = reachable();
        return catalog.removeVoter(nodeId, reachable::contains);
    }

    @Override
    public CompletableFuture<Void> transferLeadership(final String nodeId) {
        return catalog.transferLeadership(nodeId);
    }
}
