package com.onebackend.registry.replication;

/**
 * How long a resetting node asks members that answer and have nothing to give: they start again themselves, or none of
 * them meets all watermarks.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class ResetPatience {
    /** Peers that say no less often than this may just be out of reach. */
    private static final long DECLINES_APART_NANOS_MAX = 60_000_000_000L;

    private final long waitNanos;
    private boolean isWaiting;
    private long sinceNanos;
    private long declinedNanos;

    ResetPatience(final long waitNanos) {
        this.waitNanos = waitNanos;
    }

    /** A peer was asked and gives nothing. */
    void declined(final long nowNanos) {
        if (!isWaiting) {
            isWaiting = true;
            sinceNanos = nowNanos;
        }
        declinedNanos = nowNanos;
    }

    /** There is somebody to load from, or nobody to ask: the next decline is the first. */
    void restart() {
        isWaiting = false;
    }

    /** True when it has been declined all the time. */
    boolean isOver(final long nowNanos) {
        if (nowNanos - declinedNanos >= DECLINES_APART_NANOS_MAX) {
            isWaiting = false;
        }
        return isWaiting && nowNanos - sinceNanos >= waitNanos;
    }
}
