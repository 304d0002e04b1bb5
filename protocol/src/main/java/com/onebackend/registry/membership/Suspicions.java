package com.onebackend.registry.membership;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All running suspicions, by node id; never more than there are suspected members. */
final class Suspicions {
    private final MembershipConfig config;
    private final Map<String, Suspicion> running = new TreeMap<>();
    private boolean isHeld;
    private long heldUntilNanos;

    Suspicions(final MembershipConfig config) {
        this.config = config;
    }

    void begin(final String nodeId, final int clusterSize, final long nowNanos) {
        running.put(nodeId, Suspicion.begin(config, clusterSize, nowNanos));
    }

    void end(final String nodeId) {
        running.remove(nodeId);
    }

    /** Returns true when the accusation is news about a running suspicion. */
    boolean accuse(final String accused, final String accuser) {
        final Suspicion suspicion = running.get(accused);
        return suspicion != null && suspicion.accuse(accuser);
    }

    /** Others believe this suspect dead: the suspicion runs out so long after its beginning. */
    void limit(final String nodeId, final long nanos) {
        running.get(nodeId).limitTo(nanos);
    }

    /** True when this member has been suspected for so long already. */
    boolean isOlderThan(final String nodeId, final long nanos, final long nowNanos) {
        final Suspicion suspicion = running.get(nodeId);
        return suspicion != null && suspicion.isOlderThan(nanos, nowNanos);
    }

    List<String> accusers(final String nodeId) {
        final Suspicion suspicion = running.get(nodeId);
        return suspicion == null ? List.of() : suspicion.accusers();
    }

    /** After a pause of this node: all begin anew. */
    void restart(final long nowNanos) {
        running.values().forEach(suspicion -> suspicion.restart(nowNanos));
    }

    /** None runs out before {@code untilNanos}. */
    void hold(final long untilNanos) {
        isHeld = true;
        heldUntilNanos = untilNanos;
    }

    /** Node ids of those that did not defend themselves in time, ordered. */
    List<String> expired(final long nowNanos) {
        if (isHeld && nowNanos - heldUntilNanos < 0) {
            return List.of();
        }
        isHeld = false;
        final List<String> expired = new ArrayList<>();
        running.forEach((nodeId, suspicion) -> {
            if (nowNanos - suspicion.deadlineNanos() >= 0) {
                expired.add(nodeId);
            }
        });
        return expired;
    }
}
