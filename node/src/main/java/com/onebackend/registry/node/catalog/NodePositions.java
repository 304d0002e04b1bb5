package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.FeedPeers.Candidate;
import com.onebackend.registry.wire.WireException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How far the catalogs of the other nodes are, as the leader asks them: a few at a time, one round after the other.
 *
 * <p>What a node says is compared with where the asker was when it asked, so that a round may take long in a large
 * cluster without making its nodes look late.
 *
 * <p><i>Thread:</i> {@link #ask} on one at a time; the answers and {@link #known} on any. Bounded: {@link #ASKED_MAX}
 * questions under way.
 */
final class NodePositions {
    /** Questions sent, and not answered, at a time. */
    static final int ASKED_MAX = 16;
    /** What was said is forgotten after so long, or after three rounds. */
    private static final long FORGET_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int ROUNDS_KEPT = 3;

    private final String self;
    private final FeedPeers peers;
    private final Map<String, Said> said = new ConcurrentHashMap<>();
    private final Map<String, Long> askedNanos = new ConcurrentHashMap<>();
    private final Map<String, Boolean> underWay = new ConcurrentHashMap<>();

    private record Said(NodePosition position, long atNanos) {}

    NodePositions(final String self, final FeedPeers peers) {
        this.self = self;
        this.peers = peers;
    }

    /** Asks those whom nobody asked for the longest time; returns at once. */
    void ask(final CatalogEpoch epoch, final long applied, final long nowNanos) {
        final List<Candidate> candidates = peers.candidates().stream()
                .filter(node -> node.isReachable()
                        && !node.nodeId().isEmpty()
                        && !node.nodeId().equals(self))
                .toList();
        forget(candidates, nowNanos);
        candidates.stream()
                .filter(node -> !underWay.containsKey(node.nodeId()))
                .sorted(Comparator.comparingLong((Candidate node) -> askedNanos.getOrDefault(node.nodeId(), 0L))
                        .thenComparing(Candidate::nodeId))
                .limit(Math.max(0, ASKED_MAX - underWay.size()))
                .forEach(node -> ask(node, epoch, applied, nowNanos));
    }

    /** A poll from beyond the end of the log: the answer carries no entries, only how far the other one is. */
    private void ask(final Candidate node, final CatalogEpoch epoch, final long applied, final long nowNanos) {
        underWay.put(node.nodeId(), true);
        askedNanos.put(node.nodeId(), nowNanos);
        peers.request(node, FeedCodec.encode(new FeedPoll(epoch, Long.MAX_VALUE, 0, 0)), TIMEOUT)
                .whenComplete((bytes, failure) -> {
                    underWay.remove(node.nodeId());
                    if (failure == null) {
                        hear(node.nodeId(), bytes, epoch, applied);
                    }
                });
    }

    private void hear(final String nodeId, final byte[] bytes, final CatalogEpoch epoch, final long applied) {
        try {
            final FeedAnswer answer = FeedCodec.decodeAnswer(bytes);
            if (answer.epoch().equals(epoch)) {
                final long lag = Math.max(0, applied - answer.upTo());
                said.put(nodeId, new Said(new NodePosition(nodeId, answer.upTo(), lag), System.nanoTime()));
            }
        } catch (final WireException e) {
            said.remove(nodeId);
        }
    }

    private void forget(final List<Candidate> candidates, final long nowNanos) {
        final long rounds = ROUNDS_KEPT * (1L + candidates.size() / ASKED_MAX);
        final long keptNanos = Math.max(FORGET_NANOS_MIN, rounds * AutopilotRunner.INTERVAL.toNanos());
        said.values().removeIf(each -> nowNanos - each.atNanos() > keptNanos);
        askedNanos
                .keySet()
                .removeIf(id ->
                        candidates.stream().noneMatch(node -> node.nodeId().equals(id)));
    }

    /** What was said lately, ordered by node id. */
    List<NodePosition> known() {
        return said.values().stream()
                .map(Said::position)
                .sorted(Comparator.comparing(NodePosition::nodeId))
                .toList();
    }
}
