package com.onebackend.registry.gossip;

import java.util.HashMap;
import java.util.Map;

/**
 * When each instance last gave a sign of life, as far as this node was told: in memory only.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> at most one entry per registered instance. Looked up, never walked.
 */
final class SignsOfLife {
    private final Map<String, Sign> signs = new HashMap<>();
    /** Counts the own pulses, so that a sign is told with the next one. */
    private int round;

    private boolean hasNews;

    private static final class Sign {
        private long leaseNanos;
        private long millis;
        private int round = -2;
    }

    /** An own instance gave a sign of life: to be told with the next pulse. */
    void kept(final String instanceId, final Now now) {
        final Sign sign = sign(instanceId);
        sign.leaseNanos = now.nanos();
        sign.millis = now.wallMillis();
        sign.round = round;
        hasNews = true;
    }

    /** A pulse told of a sign of life. */
    void heard(final String instanceId, final Now now) {
        final Sign sign = sign(instanceId);
        sign.leaseNanos = now.nanos();
        sign.millis = now.wallMillis();
    }

    /** This node looks after the instance from now on, although it gave no sign of life. */
    void adopted(final String instanceId, final Now now) {
        sign(instanceId).leaseNanos = now.nanos();
    }

    /** The instance is gone. */
    void remove(final String instanceId) {
        signs.remove(instanceId);
    }

    /** The last sign of life, milliseconds since 1970; 0 when none is known. */
    long millis(final String instanceId) {
        final Sign sign = signs.get(instanceId);
        return sign == null ? 0 : sign.millis;
    }

    /** The last sign of life or adoption, monotonic; {@code unknown} when there was none since the start. */
    long leaseNanos(final String instanceId, final long unknown) {
        final Sign sign = signs.get(instanceId);
        return sign == null ? unknown : sign.leaseNanos;
    }

    /** Starts a pulse. False when there is nothing to tell. */
    boolean startRound() {
        final boolean had = hasNews;
        hasNews = false;
        round++;
        return had;
    }

    /** True when the instance gave a sign of life since the pulse before this one started. */
    boolean isNews(final String instanceId) {
        final Sign sign = signs.get(instanceId);
        return sign != null && round - sign.round <= 1;
    }

    int size() {
        return signs.size();
    }

    private Sign sign(final String instanceId) {
        return signs.computeIfAbsent(instanceId, id -> new Sign());
    }
}
