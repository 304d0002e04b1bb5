package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    private final Set<Endpoint> seeds = new LinkedHashSet<>();
    /** By node id, in the order of their deadlines. */
    private final Map<String, Attempt> lost = new LinkedHashMap<>();

    private long nextSeedsNanos;

    private record Attempt(int number, long atNanos) {}

    Reunion(final MembershipConfig config, final MemberTable table, final Courier courier) {
        this.config = config;
        this.table = table;
        this.courier = courier;
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

    /** A member died. */
    void lost(final String nodeId, final long nowNanos) {
        lost.computeIfAbsent(nodeId, id -> new Attempt(0, nowNanos + config.deadProbeIntervalNanos()));
    }

    /** A member is not dead, or is not to be looked for. */
    void found(final String nodeId) {
        lost.remove(nodeId);
    }

    void tick(final long nowNanos, final SwimOutput out) {
        if (nowNanos - nextSeedsNanos >= 0) {
            askSeeds(nowNanos, out);
        }
        final List<String> due = new ArrayList<>();
        for (final Map.Entry<String, Attempt> entry : lost.entrySet()) {
            if (due.size() >= PINGS_PER_TICK_MAX || nowNanos - entry.getValue().atNanos() < 0) {
                break;
            }
            due.add(entry.getKey());
        }
        for (final String nodeId : due) {
            final int number = lost.remove(nodeId).number();
            lost.put(nodeId, new Attempt(number + 1, nowNanos + config.deadProbeIntervalNanos()));
            final Member member = table.get(nodeId);
            // By turns, because datagrams alone may be what is blocked.
            final Lane lane = number % 2 == 0 ? Lane.DATAGRAM : Lane.STREAM;
            courier.ping(lane, member.id(), member.endpoint(), out);
        }
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
