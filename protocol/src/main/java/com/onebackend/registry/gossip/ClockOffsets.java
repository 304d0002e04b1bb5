package com.onebackend.registry.gossip;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far this node's wall clock is from its peers', by the times they put on their messages. The way of a message is
 * in it, milliseconds: what matters here is half a second and more.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> one reading per peer, the latest; at most {@link #PEERS_MAX}, none older than {@link
 * #READING_NANOS_MAX}.
 */
final class ClockOffsets {
    /** The middle of so many says enough, however many there are. */
    static final int PEERS_MAX = 64;

    /** A clock may have been set right since. */
    static final long READING_NANOS_MAX = 120_000_000_000L;

    private static final int PEERS_TO_JUDGE = 2;

    /** By node id, the longest not heard first. */
    private final Map<String, Reading> readings = new LinkedHashMap<>();

    /** One peer's clock less ours. */
    private record Reading(long offsetMillis, long nanos) {}

    /** A message of a peer arrived that it sent at this time of its clock. */
    void heard(final String nodeId, final long theirWallMillis, final Now now) {
        readings.remove(nodeId);
        readings.put(nodeId, new Reading(theirWallMillis - now.wallMillis(), now.nanos()));
        if (readings.size() > PEERS_MAX) {
            final var eldest = readings.entrySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    /** Drops what is out of date. */
    void expire(final long nowNanos) {
        final var eldest = readings.values().iterator();
        while (eldest.hasNext() && nowNanos - eldest.next().nanos() >= READING_NANOS_MAX) {
            eldest.remove();
        }
    }

    /** True when enough peers were heard to say which clock is wrong; of {@code peers} reachable ones. */
    boolean canJudge(final int peers) {
        return !readings.isEmpty() && readings.size() >= Math.min(PEERS_TO_JUDGE, peers);
    }

    /** How far the peers' clocks are ahead of ours, in the middle; of an even number the one closer to ours. */
    long medianMillis() {
        if (readings.isEmpty()) {
            return 0;
        }
        final long[] sorted = readings.values().stream()
                .mapToLong(Reading::offsetMillis)
                .sorted()
                .toArray();
        final long upper = sorted[sorted.length / 2];
        final long lower = sorted[(sorted.length - 1) / 2];
        return Math.abs(lower) < Math.abs(upper) ? lower : upper;
    }
}
