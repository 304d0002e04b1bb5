package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What people are told of the catalog: the leader's part, here or from there.
 *
 * <p><i>Thread:</i> any; does not block.
 */
final class CatalogReports {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final String self;
    private final FeedPeers peers;
    private final Supplier<CatalogFigures> figures;
    private final NodePositions positions;
    private volatile Supplier<AutopilotReport> autopilot = () -> AutopilotReport.FIRST;

    CatalogReports(final String self, final FeedPeers peers, final Supplier<CatalogFigures> figures) {
        this.self = self;
        this.peers = peers;
        this.figures = figures;
        this.positions = new NodePositions(self, peers);
    }

    /** From now on the autopilot can be asked. */
    void of(final Supplier<AutopilotReport> running) {
        autopilot = running;
    }

    NodePositions positions() {
        return positions;
    }

    /** The part of the leader, if that is this node. */
    LeaderStatus here() {
        final CatalogFigures now = figures.get();
        final List<LeaderStatus.Voter> voters = now.voters().stream()
                .map(voter -> new LeaderStatus.Voter(voter.nodeId(), voter.silentMillis(), now.lag(voter)))
                .toList();
        return new LeaderStatus(
                self,
                now.isLeader(),
                now.term(),
                now.committedIndex(),
                voters,
                now.isLeader() ? positions.known() : List.of(),
                autopilot.get());
    }

    /** Asks the leader; fails, soon, when that does not answer. */
    CompletableFuture<LeaderStatus> ofLeader() {
        final LeaderStatus mine = here();
        if (mine.leads()) {
            return CompletableFuture.completedFuture(mine);
        }
        final String leader = figures.get().leaderId();
        return peers.candidates().stream()
                .filter(node -> !leader.isEmpty() && node.nodeId().equals(leader))
                .findFirst()
                .map(node -> peers.request(node, LeaderStatus.encodeRequest(), TIMEOUT)
                        .thenApply(LeaderStatus::decode))
                .orElseGet(() -> CompletableFuture.failedFuture(new IOException("no leader is known")));
    }
}
