package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;

/**
 * A rate limit with memory: what was not used for a while may be used at once, up to the burst. A taker may overdraw
 * once and then waits until the debt is paid.
 */
final class TokenBucket {
    /** A billionth of a second's worth, a second long, fits. */
    static final long BYTES_PER_SECOND_MAX = 8_000_000_000L;

    private static final long SECOND = 1_000_000_000L;

    /** No longer pause is counted, so that nothing overflows. */
    private static final long PAUSE_NANOS_MAX = 60 * SECOND;

    private final long bytesPerSecond;
    private final long burstBytes;
    private long balanceBytes;
    private long filledNanos;
    private boolean isStarted;

    TokenBucket(final long bytesPerSecond, final long burstBytes) {
        Invariants.check(bytesPerSecond <= BYTES_PER_SECOND_MAX, "a rate is too high to be counted");
        this.bytesPerSecond = bytesPerSecond;
        this.burstBytes = burstBytes;
        this.balanceBytes = burstBytes;
    }

    /** True when something may be sent now. */
    boolean isOpen(final long nowNanos) {
        fill(nowNanos);
        return balanceBytes > 0;
    }

    /** So much was sent. */
    void take(final long bytes, final long nowNanos) {
        fill(nowNanos);
        balanceBytes -= bytes;
    }

    private void fill(final long nowNanos) {
        if (!isStarted) {
            isStarted = true;
            filledNanos = nowNanos;
        }
        final long pauseNanos = Math.max(0, Math.min(nowNanos - filledNanos, PAUSE_NANOS_MAX));
        // Whole seconds apart from the rest: the product of all of it would not fit.
        final long gained = pauseNanos / SECOND * bytesPerSecond + pauseNanos % SECOND * bytesPerSecond / SECOND;
        if (gained > 0) {
            filledNanos = nowNanos;
            balanceBytes = Math.min(burstBytes, balanceBytes + gained);
        }
    }
}
