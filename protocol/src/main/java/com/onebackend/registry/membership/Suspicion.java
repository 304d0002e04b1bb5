package com.onebackend.registry.membership;

import java.util.ArrayList;
import java.util.List;

/**
 * One running suspicion: long while a single member accuses, shorter with each independent accuser, so that one slow
 * observer kills nobody.
 *
 * <p><i>Paper:</i> Lifeguard, section IV.B.
 */
final class Suspicion {
    private final long minNanos;
    private final long maxNanos;
    private final int confirmationsWanted;
    private final List<String> accusers = new ArrayList<>();
    private long startNanos;
    private long deadlineNanos;
    /** What others say shortens the time to this; no more than the usual one. */
    private long mostNanos = Long.MAX_VALUE;

    private Suspicion(final long minNanos, final long maxNanos, final int confirmationsWanted, final long startNanos) {
        this.minNanos = minNanos;
        this.maxNanos = maxNanos;
        this.confirmationsWanted = confirmationsWanted;
        restart(startNanos);
    }

    /** Begins to suspect a member of a cluster of {@code clusterSize}, the suspect and this node included. */
    static Suspicion begin(final MembershipConfig config, final int clusterSize, final long nowNanos) {
        final long min = minNanos(config, clusterSize);
        final int wanted = confirmationsWanted(config, clusterSize);
        return new Suspicion(min, min * config.suspicionMaxMultiplier(), wanted, nowNanos);
    }

    /** The shortest time from suspicion to death: alpha * max(1, log10 N) * probe interval of such a cluster. */
    static long minNanos(final MembershipConfig config, final int clusterSize) {
        final double scale = Math.max(1.0, Math.log10(Math.max(1, clusterSize)));
        return Math.round(config.suspicionMultiplier() * scale * config.intervalNanos(clusterSize));
    }

    /** Independent accusers, the first not counted, that bring the time down to its minimum; 0 in a tiny cluster. */
    static int confirmationsWanted(final MembershipConfig config, final int clusterSize) {
        final int wanted = Math.max(0, config.suspicionMultiplier() - 2);
        return clusterSize - 2 < wanted ? 0 : wanted;
    }

    /** The time from suspicion to death after so many confirmations. */
    static long timeoutNanos(final int confirmations, final int wanted, final long minNanos, final long maxNanos) {
        if (confirmations >= wanted) {
            return minNanos;
        }
        final double share = Math.log(confirmations + 1.0) / Math.log(wanted + 1.0);
        return Math.max(minNanos, Math.round(maxNanos - share * (maxNanos - minNanos)));
    }

    /** One member's own failed probe. Returns true when it is news that shortens the time, or names the first. */
    boolean accuse(final String accuser) {
        if (accusers.size() > confirmationsWanted || accusers.contains(accuser)) {
            return false;
        }
        accusers.add(accuser);
        deadlineNanos = deadline();
        return true;
    }

    /** Others believe the member dead: it has so long from the beginning on, accusers or not. */
    void limitTo(final long nanos) {
        mostNanos = nanos;
        deadlineNanos = deadline();
    }

    boolean isOlderThan(final long nanos, final long nowNanos) {
        return nowNanos - startNanos >= nanos;
    }

    /** Node ids of those whose own probes failed, the first ones that count. */
    List<String> accusers() {
        return accusers;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** This node stood still: neither the time nor the accusers from before count. */
    void restart(final long nowNanos) {
        accusers.clear();
        startNanos = nowNanos;
        deadlineNanos = deadline();
    }

    private long deadline() {
        final int confirmations = Math.max(0, accusers.size() - 1);
        return startNanos + Math.min(mostNanos, timeoutNanos(confirmations, confirmationsWanted, minNanos, maxNanos));
    }
}
