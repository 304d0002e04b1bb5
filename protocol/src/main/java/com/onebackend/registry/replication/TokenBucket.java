package com.onebackend.registry.replication;

/**
 * A rate limit with memory: what was not used for a while may be used at once, up to the burst. A taker may overdraw
 * once and then waits until the debt is paid.
 */
final class TokenBucket {
    private static final long SECOND = 1_000_000_000L;

    /** No longer pause is counted, so that nothing overflows. */
    private static final long PAUSE_NANOS_MAX = 60 * SECOND;

    private final long bytesPerSecond;
    private final long burstBytes;
    private long balanceBytes;
    private long filledNanos;
    private boolean isStarted;

    TokenBucket(final long bytesPerSecond, final long burstBytes) {
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
        final long gained = pauseNanos * bytesPerSecond / SECOND;
        if (gained > 0) {
            filledNanos = nowNanos;
            balanceBytes = Math.min(burstBytes, balanceBytes + gained);
        }
    }
}
