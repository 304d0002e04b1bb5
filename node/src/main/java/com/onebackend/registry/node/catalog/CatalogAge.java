package com.onebackend.registry.node.catalog;

import java.util.concurrent.TimeUnit;

/**
 * How long ago this node last knew that what it shows is all there is.
 *
 * <p><i>Thread:</i> any.
 */
final class CatalogAge {
    /** Nobody has ever told this node. */
    static final long UNKNOWN_MILLIS = Long.MAX_VALUE;

    /** How long what was found out is good enough: readers ask far more often. */
    private static final long LOOK_MILLIS_MIN = 10;

    private boolean isEver;
    private boolean hasLooked;
    private long lookedNanos;
    private long currentNanos;

    /** True when somebody is to find out anew, and then it is the caller. */
    synchronized boolean isLookDue(final long nowNanos) {
        if (hasLooked && nowNanos - lookedNanos < TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS_MIN)) {
            return false;
        }
        hasLooked = true;
        lookedNanos = nowNanos;
        return true;
    }

    /** This node was current so long ago; {@link #UNKNOWN_MILLIS} says nothing. */
    synchronized void current(final long agoMillis, final long nowNanos) {
        if (agoMillis == UNKNOWN_MILLIS) {
            return;
        }
        final long at = nowNanos - TimeUnit.MILLISECONDS.toNanos(Math.max(0, Math.min(agoMillis, Integer.MAX_VALUE)));
        if (!isEver || at - currentNanos > 0) {
            currentNanos = at;
            isEver = true;
        }
    }

    /** Milliseconds; {@link #UNKNOWN_MILLIS} while it never was. */
    synchronized long millis(final long nowNanos) {
        return isEver ? Math.max(0, TimeUnit.NANOSECONDS.toMillis(nowNanos - currentNanos)) : UNKNOWN_MILLIS;
    }
}
