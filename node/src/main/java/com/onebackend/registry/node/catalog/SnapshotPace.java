package com.onebackend.registry.node.catalog;

/**
 * How fast a leader sends snapshots, to all voters together. Ratis keeps every piece it has sent in memory until the
 * time for its answer is over, whether the answer came or not: without a limit the whole snapshot is on the heap, once
 * per attempt.
 *
 * <p><i>Thread:</i> any.
 */
final class SnapshotPace {
    private static final double NANOS = 1e9;

    private final double nanosPerByte;
    private long freeNanos;
    private boolean isStarted;

    SnapshotPace(final long bytesPerSecond) {
        this.nanosPerByte = NANOS / bytesPerSecond;
    }

    /** Takes a place for so many bytes; returns how long to wait until they may be sent, in nanoseconds. */
    synchronized long take(final long bytes, final long nowNanos) {
        // Nothing is saved up: what was not used is gone.
        if (!isStarted || freeNanos - nowNanos < 0) {
            freeNanos = nowNanos;
            isStarted = true;
        }
        final long waitNanos = freeNanos - nowNanos;
        freeNanos += (long) (bytes * nanosPerByte);
        return waitNanos;
    }
}
