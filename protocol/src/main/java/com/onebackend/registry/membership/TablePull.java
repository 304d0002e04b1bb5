package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import java.util.random.RandomGenerator;

/**
 * Asks others for their whole table: now and then a random one, because a rumor can be lost everywhere at once, and
 * whoever turns up with news of its own. At most one question per probe interval, whatever happens.
 */
final class TablePull {
    /** A small cluster's member asks once in so many probe intervals. */
    static final int PROBE_INTERVALS = 60;

    /** So many rumors are not told in a second: everybody joined, or half the cluster went, at once. */
    static final int RUMORS_BACKLOG = 64;

    private final MembershipConfig config;
    private final MemberTable table;
    private final Courier courier;
    private final RandomGenerator random;
    private long nextNanos;
    private long lastNanos;

    TablePull(
            final MembershipConfig config,
            final MemberTable table,
            final Courier courier,
            final RandomGenerator random) {
        this.config = config;
        this.table = table;
        this.courier = courier;
        this.random = random;
    }

    void start(final long nowNanos) {
        lastNanos = nowNanos - config.probeIntervalNanos();
        nextNanos = nowNanos + random.nextLong(intervalNanos());
    }

    /** @param rumors how many wait to be told: with a backlog, tables say more than rumors */
    void tick(final int rumors, final long nowNanos, final SwimOutput out) {
        final boolean isDue = nowNanos - nextNanos >= 0;
        final boolean isBehind =
                rumors > RUMORS_BACKLOG && nowNanos - lastNanos >= config.intervalNanos(table.clusterSize());
        if (!isDue && !isBehind) {
            return;
        }
        nextNanos = isDue ? nowNanos + intervalNanos() : nextNanos;
        RandomPick.some(table.reachable(), 1, random).forEach(member -> pull(member.endpoint(), nowNanos, out));
    }

    void pull(final Endpoint from, final long nowNanos, final SwimOutput out) {
        if (nowNanos - lastNanos >= config.intervalNanos(table.clusterSize())) {
            lastNanos = nowNanos;
            courier.join(from, out);
        }
    }

    private long intervalNanos() {
        return PROBE_INTERVALS * config.probeIntervalNanos() * scale();
    }

    /** The bigger the cluster, the rarer: beyond 32 members it grows with the logarithm. */
    private int scale() {
        final int log2 = Integer.SIZE - Integer.numberOfLeadingZeros(table.clusterSize() - 1);
        return Math.max(1, log2 - 4);
    }
}
