package com.onebackend.registry.membership;

import java.util.Arrays;

/** How long direct probes took to be answered lately, and how long to wait for one. Bounded. */
final class RoundTrips {
    static final int SAMPLES_MAX = 128;

    /** Fewer samples say too little: the configured time holds. */
    static final int SAMPLES_MIN = 8;

    private static final int TIMEOUT_FACTOR = 3;

    private final MembershipConfig config;
    private final long[] samples = new long[SAMPLES_MAX];
    private int count;
    private int next;
    private long p50Nanos;
    private long p99Nanos;

    RoundTrips(final MembershipConfig config) {
        this.config = config;
    }

    /** A direct probe was answered after this time. */
    void answeredAfter(final long nanos) {
        samples[next] = Math.max(0, nanos);
        next = (next + 1) % SAMPLES_MAX;
        count = Math.min(SAMPLES_MAX, count + 1);
        final long[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        p50Nanos = sorted[count / 2];
        p99Nanos = sorted[Math.min(count - 1, count * 99 / 100)];
    }

    /** Half of the latest probes were answered within this; 0 while there were none. */
    long p50Nanos() {
        return p50Nanos;
    }

    /** Of a hundred of the latest probes, 99 were answered within this; 0 while there were none. */
    long p99Nanos() {
        return p99Nanos;
    }

    /** So long a direct probe is waited for before helpers are asked. */
    long ackTimeoutNanos() {
        if (count < SAMPLES_MIN) {
            return config.ackTimeoutNanos();
        }
        return Math.max(config.ackTimeoutMinNanos(), Math.min(config.ackTimeoutMaxNanos(), TIMEOUT_FACTOR * p99Nanos));
    }
}
