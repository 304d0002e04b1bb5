package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.FeedPeers.Candidate;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * Whom a node without a vote follows: a voter that is reachable, each node another one, so that the voters share the
 * work; else any other reachable node; else anybody. Who failed is left alone for a while.
 *
 * <p><i>Thread:</i> the follower's.
 */
final class FeedSources {
    static final long PENALTY_MILLIS_MIN = 1_000;
    static final long PENALTY_MILLIS_MAX = 15_000;

    private final String self;
    private final Map<String, Penalty> penalties = new HashMap<>();

    private record Penalty(long untilNanos, long millis) {}

    FeedSources(final String self) {
        this.self = self;
    }

    /** The best one that is not being left alone; null when there is none. */
    Candidate best(final List<Candidate> candidates, final Set<String> voters, final long nowNanos) {
        penalties.keySet().retainAll(candidates.stream().map(Candidate::address).toList());
        return candidates.stream()
                .filter(candidate -> !isLeftAlone(candidate, nowNanos))
                .min(Comparator.comparing((Candidate candidate) -> !candidate.isReachable())
                        .thenComparing(candidate -> !voters.contains(candidate.nodeId()))
                        .thenComparingLong(candidate -> -weight(candidate)))
                .orElse(null);
    }

    private boolean isLeftAlone(final Candidate candidate, final long nowNanos) {
        final Penalty penalty = penalties.get(candidate.address());
        return penalty != null && penalty.untilNanos() - nowNanos > 0;
    }

    /** It did not help: longer each time. */
    void failed(final Candidate candidate, final long nowNanos) {
        penalties.compute(candidate.address(), (address, before) -> {
            final long millis = before == null ? PENALTY_MILLIS_MIN : Math.min(before.millis() * 2, PENALTY_MILLIS_MAX);
            return new Penalty(nowNanos + TimeUnit.MILLISECONDS.toNanos(millis), millis);
        });
    }

    /** It helped. */
    void helped(final Candidate candidate) {
        penalties.remove(candidate.address());
    }

    /** Rendezvous hashing: another one for each pair, and most pairs keep theirs when a node comes or goes. */
    private long weight(final Candidate candidate) {
        final CRC32C hash = new CRC32C();
        hash.update((self + "\n" + candidate.nodeId() + "\n" + candidate.address()).getBytes(StandardCharsets.UTF_8));
        return hash.getValue();
    }
}
