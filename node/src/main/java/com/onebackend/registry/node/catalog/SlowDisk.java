package com.onebackend.registry.node.catalog;

/**
 * Whether this node, as leader, keeps everybody waiting for its disk: Raft commits nothing that the leader itself has
 * not synced, whoever else has. Then another voter is to lead; this one votes on, as slow as it is.
 *
 * <p>Not again soon, should all disks be slow: then moving the lead helps nobody.
 *
 * <p><i>Thread:</i> one.
 */
final class SlowDisk {
    static final long LOOK_MILLIS = 250;
    /** Below the time that a write may take, with room for it to be done elsewhere. */
    static final long SLOW_MILLIS = 1_500;

    static final long REST_MILLIS = 10_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private long synced = -1;
    private long sinceNanos;
    private long handedOnNanos;
    private boolean hasHandedOn;

    /**
     * Looks, every {@link #LOOK_MILLIS}.
     *
     * @param last index of the last entry in the log
     * @param flushed index of the last one that is on the disk
     * @return true when another is to lead, which the caller sees to
     */
    boolean isDue(final long last, final long flushed, final long nowNanos) {
        if (flushed >= last || flushed != synced) {
            synced = flushed;
            sinceNanos = nowNanos;
            return false;
        }
        if (nowNanos - sinceNanos < SLOW_MILLIS * NANOS_PER_MILLI
                || (hasHandedOn && nowNanos - handedOnNanos < REST_MILLIS * NANOS_PER_MILLI)) {
            return false;
        }
        hasHandedOn = true;
        handedOnNanos = nowNanos;
        return true;
    }
}
