package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Never gives anyone up: the dead are pinged and silent seeds are asked for ever, at a low rate, so that two halves of
 * a cluster meet again however long they were apart.
 */
final class Reunion {
    /** Seeds remembered; beyond it the oldest goes. */
    static final int SEEDS_MAX = 256;

    /** After a long partition many fall due together: the rest waits for the next tick. */
    static final int PINGS_PER_TICK_MAX = 32;

    private final MembershipConfig config;
    private final MemberTable table;
    private final Courier courier;
    private final RandomGenerator random;
    private final Set<Endpoint> seeds = new LinkedHashSet<>();
    /** By node id. */
    private final Map<String, Attempt> lost = new HashMap<>();
    /** The same in the order of their deadlines, which are never further apart than an interval or two. */
    private final TreeSet<Attempt> order = new TreeSet<>((a, b) ->
            a.atNanos() == b.atNanos() ? a.nodeId().compareTo(b.nodeId()) : Long.signum(a.atNanos() - b.atNanos()));

    private long nextSeedsNanos;

    private record Attempt(String nodeId, int number, long atNanos) {}

    Reunion(
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
        nextSeedsNanos = nowNanos;
    }

    /** Remembers the seeds and asks them now. */
    void join(final List<Endpoint> addresses, final long nowNanos, final SwimOutput out) {
        for (final Endpoint address : addresses) {
            seeds.remove(address);
            seeds.add(address);
            if (seeds.size() > SEEDS_MAX) {
                final Iterator<Endpoint> oldest = seeds.iterator();
                oldest.next();
                oldest.remove();
            }
        }
        askSeeds(nowNanos, out);
    }

    /** A member died. It is asked somewhere in the next interval: after a split hundreds die within a second. */
    void lost(final String nodeId, final long nowNanos) {
        if (!lost.containsKey(nodeId)) {
            later(nodeId, 0, nowNanos + 1 + random.nextLong(config.deadProbeIntervalNanos()));
        }
    }

    /** A member is not dead, or is not to be looked for. */
    void found(final String nodeId) {
        final Attempt attempt = lost.remove(nodeId);
        if (attempt != null) {
            order.remove(attempt);
        }
    }

    void tick(final long nowNanos, final SwimOutput out) {
        if (nowNanos - nextSeedsNanos >= 0) {
            askSeeds(nowNanos, out);
        }
        for (int i = 0; i < PINGS_PER_TICK_MAX; i++) {
            if (order.isEmpty() || nowNanos - order.first().atNanos() < 0) {
                break;
            }
            final Attempt due = order.pollFirst();
            later(due.nodeId(), due.number() + 1, nowNanos + config.deadProbeIntervalNanos());
            // By turns, because datagrams alone may be what is blocked.
            final Lane lane = due.number() % 2 == 0 ? Lane.DATAGRAM : Lane.STREAM;
            courier.knock(lane, table.get(due.nodeId()), out);
        }
    }

    private void later(final String nodeId, final int number, final long atNanos) {
        final Attempt attempt = new Attempt(nodeId, number, atNanos);
        lost.put(nodeId, attempt);
        order.add(attempt);
    }

    private void askSeeds(final long nowNanos, final SwimOutput out) {
        nextSeedsNanos = nowNanos + config.deadProbeIntervalNanos();
        final Set<Endpoint> met = new LinkedHashSet<>();
        met.add(table.self().endpoint());
        table.reachable().forEach(member -> met.add(member.endpoint()));
        for (final Endpoint seed : seeds) {
            if (!met.contains(seed)) {
                courier.join(seed, out);
            }
        }
    }
}
