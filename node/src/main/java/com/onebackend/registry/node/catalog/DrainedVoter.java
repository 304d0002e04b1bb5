package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what {@link DrainDecision} says, one step at a time, for as long as this node is out of service: whenever
 * the lead comes back to it, it hands it on.
 *
 * <p><i>Thread:</i> {@link #look} on the catalog's clock; the steps in the background.
 */
final class DrainedVoter {
    /** Between two looks. */
    static final long LOOK_MILLIS = 250;

    private static final Logger LOG = LoggerFactory.getLogger(DrainedVoter.class);

    private final CatalogConfig config;
    private final CatalogState state;
    private final RaftRuns runs;
    private final CatalogThreads threads;
    private final AtomicBoolean isBusy = new AtomicBoolean();

    DrainedVoter(
            final CatalogConfig config, final CatalogState state, final RaftRuns runs, final CatalogThreads threads) {
        this.config = config;
        this.state = state;
        this.runs = runs;
        this.threads = threads;
    }

    /** Takes the next step, if there is one and none is under way. */
    void look() {
        final RaftNode node = runs.current();
        if (!isDrained(config.self().nodeId()) || node == null || !node.isRunning()) {
            return;
        }
        if (isBusy.compareAndSet(false, true)) {
            threads.background(() -> step(node)).whenComplete((done, failure) -> isBusy.set(false));
        }
    }

    private void step(final RaftNode node) throws InterruptedException {
        final DrainDecision decision = DrainDecision.of(facts(node));
        try {
            switch (decision.kind()) {
                case NOTHING -> LOG.trace("catalog drain: nothing left to do");
                case TRANSFER -> node.transferLeadership(decision.node());
                case PROMOTE -> runs.changes().promote(decision.node());
                case RESIGN -> runs.remove(config.self().nodeId(), this::isReachable);
            }
        } catch (final IOException | RegistryException e) {
            LOG.info("catalog drain waits step={} node={} reason={}", decision.kind(), decision.node(), e.getMessage());
        }
    }

    private DrainDecision.Facts facts(final RaftNode node) {
        final List<String> voters = node.voterIds();
        final List<FeedPeers.Candidate> others = config.peers().candidates();
        // Only a leader knows from Raft who is in touch; the others hear it from gossip.
        final List<String> inTouch = node.isLeader()
                ? node.othersInTouch()
                : voters.stream()
                        .filter(id -> !id.equals(config.self().nodeId()) && isReachable(id))
                        .toList();
        return new DrainDecision.Facts(
                isDrained(config.self().nodeId()),
                node.isLeader(),
                voters.size(),
                inTouch.stream().filter(id -> !isDrained(id)).toList(),
                others.stream()
                        .filter(FeedPeers.Candidate::isReachable)
                        .map(FeedPeers.Candidate::nodeId)
                        .filter(id -> !id.isEmpty() && !voters.contains(id) && !isDrained(id))
                        .filter(id -> state.node(id) != null)
                        .sorted()
                        .toList());
    }

    private boolean isDrained(final String nodeId) {
        return state.drained(nodeId) != null;
    }

    private boolean isReachable(final String nodeId) {
        return config.peers().candidates().stream()
                .anyMatch(other -> other.nodeId().equals(nodeId) && other.isReachable());
    }
}
