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

    private boolean isEver;
    private long currentNanos;

    /** This node was current so long ago. */
    synchronized void current(final long agoMillis, final long nowNanos) {
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
