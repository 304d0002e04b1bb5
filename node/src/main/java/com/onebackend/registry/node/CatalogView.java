package com.onebackend.registry.node;

import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.ClusterStatus.Catalog;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.CatalogFigures;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.LeaderStatus;
import com.onebackend.registry.node.catalog.NodePosition;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * How the catalog stands, for people: what this node knows, and what the leader says.
 *
 * <p><i>Thread:</i> any; does not block.
 */
final class CatalogView {
    private final Services running;
    private final CatalogFigures figures;
    private final Set<String> reachable;

    private CatalogView(final Services running) {
        this.running = running;
        this.figures = running.catalog().figures();
        this.reachable = running.gossip().members().stream()
                .filter(member -> member.state().isReachable())
                .map(Member::id)
                .map(id -> id.nodeId())
                .collect(Collectors.toSet());
    }

    /** Completes within a few seconds, and never fails. */
    static CompletableFuture<Catalog> of(final Services running) {
        return running.catalog()
                .leaderStatus()
                .handle((leader, failure) ->
                        new CatalogView(running).with(failure == null && leader.leads() ? leader : null));
    }

    /** @param leader null when the leader did not answer */
    private Catalog with(final LeaderStatus leader) {
        final CatalogService catalog = running.catalog();
        final NodeRecord leading = catalog.node(figures.leaderId());
        final long age = catalog.ageMillis();
        return new Catalog(
                catalog.epoch(),
                catalog.groupId(),
                role(figures.role()),
                figures.leaderId(),
                leading == null ? "" : leading.url(),
                leader == null ? figures.term() : leader.term(),
                catalog.appliedIndex(),
                leader == null ? Catalog.UNKNOWN : leader.committed(),
                age == Long.MAX_VALUE ? Catalog.UNKNOWN : age,
                problem(leader),
                voters(leader),
                nodes(leader),
                autopilot(leader));
    }

    private String problem(final LeaderStatus leader) {
        if (leader != null) {
            return "";
        }
        return figures.leaderId().isEmpty()
                ? "no leader is known: a majority of the voters must be up and reach each other"
                : "the leader, " + figures.leaderId() + ", does not answer";
    }

    private List<ClusterStatus.Voter> voters(final LeaderStatus leader) {
        final List<LeaderStatus.Voter> voters = leader != null
                ? leader.voters()
                : figures.voters().stream()
                        .map(voter -> new LeaderStatus.Voter(voter.nodeId(), Catalog.UNKNOWN, Catalog.UNKNOWN))
                        .toList();
        return voters.stream()
                .map(voter -> {
                    final NodeRecord record = running.catalog().node(voter.nodeId());
                    return new ClusterStatus.Voter(
                            voter.nodeId(),
                            record == null ? "" : ClusterFacts.zone(record),
                            reachable.contains(voter.nodeId()),
                            voter.silentMillis(),
                            voter.lag(),
                            voter.nodeId().equals(figures.leaderId()));
                })
                .toList();
    }

    private List<ClusterStatus.Node> nodes(final LeaderStatus leader) {
        final Map<String, Long> lags = leader == null
                ? Map.of()
                : leader.positions().stream()
                        .collect(Collectors.toMap(NodePosition::nodeId, NodePosition::lag, (a, b) -> a));
        final Set<String> voting = (leader == null
                        ? figures.voters().stream().map(CatalogFigures.Voter::nodeId)
                        : leader.voters().stream().map(LeaderStatus.Voter::nodeId))
                .collect(Collectors.toSet());
        return running.catalog().nodes().stream()
                .map(node -> new ClusterStatus.Node(
                        node.id(),
                        node.url(),
                        ClusterFacts.zone(node),
                        reachable.contains(node.id()),
                        node.id().equals(figures.leaderId())
                                ? "leader"
                                : voting.contains(node.id()) ? "voter" : "follower",
                        leader != null && node.id().equals(leader.nodeId())
                                ? 0
                                : lags.getOrDefault(node.id(), Catalog.UNKNOWN),
                        running.catalog().isDrained(node.id())))
                .toList();
    }

    private static ClusterStatus.Autopilot autopilot(final LeaderStatus leader) {
        return leader == null
                ? new ClusterStatus.Autopilot("", "", 0, "", 0)
                : new ClusterStatus.Autopilot(
                        leader.nodeId(),
                        leader.autopilot().plan(),
                        leader.autopilot().planMillis(),
                        leader.autopilot().change(),
                        leader.autopilot().changeMillis());
    }

    private static String role(final CatalogFigures.Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }
}
