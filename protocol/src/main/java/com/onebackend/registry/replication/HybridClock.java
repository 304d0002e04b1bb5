package com.onebackend.registry.replication;

import com.onebackend.registry.model.Stamp;

/**
 * Gives stamps greater than every stamp given or seen before, close to the wall clock.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Paper:</i> Kulkarni et al., "Logical Physical Clocks", 2014.
 */
final class HybridClock {
    private final long aheadMillisMax;
    private Stamp last = Stamp.ZERO;

    /** @param aheadMillisMax a stamp of somebody else may be ahead of the wall clock by no more */
    HybridClock(final long aheadMillisMax) {
        this.aheadMillisMax = aheadMillisMax;
    }

    /** The stamp {@link #tick} would give. */
    Stamp peek(final long wallMillis) {
        final Stamp wall = Stamp.ofMillis(wallMillis);
        return wall.compareTo(last) > 0 ? wall : last.next();
    }

    /** A new stamp, greater than every one before. */
    Stamp tick(final long wallMillis) {
        last = peek(wallMillis);
        return last;
    }

    /** False when the stamp is too far in the future to be believed. */
    boolean accepts(final Stamp stamp, final long wallMillis) {
        return stamp.millis() <= wallMillis + aheadMillisMax;
    }

    /** Later stamps will be greater than this one, which must have been accepted or be our own from the disk. */
    void observe(final Stamp stamp) {
        if (stamp.compareTo(last) > 0) {
            last = stamp;
        }
    }
}
