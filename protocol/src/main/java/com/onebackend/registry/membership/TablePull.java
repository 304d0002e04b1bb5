package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import java.util.random.RandomGenerator;

/**
 * Asks others for their whole table: now and then a random one, because a rumor can be lost everywhere at once, and
 * whoever turns up with news of its own. At most one question per probe interval, in a big cluster fewer, whatever
 * happens.
 */
final class TablePull {
    /** A small cluster's member asks once in so many probe intervals. */
    static final int PROBE_INTERVALS = 60;

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

    void tick(final long nowNanos, final SwimOutput out) {
        if (nowNanos - nextNanos < 0) {
            return;
        }
        nextNanos = nowNanos + intervalNanos();
        RandomPick.some(table.reachable(), 1, random).forEach(member -> pull(member.endpoint(), nowNanos, out));
    }

    void pull(final Endpoint from, final long nowNanos, final SwimOutput out) {
        if (nowNanos - lastNanos >= config.probeIntervalNanos() * scale()) {
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
