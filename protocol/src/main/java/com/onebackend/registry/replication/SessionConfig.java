package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;

/**
 * The limits of sync sessions. Times in nanoseconds.
 *
 * @param bulkAfterChunks a session that was sent so many chunks is a bulk transfer
 * @param bulkSessionsMax answered bulk transfers at the same time; one more is told to ask somebody else
 * @param bulkBytesPerSecondMax what all answered bulk transfers together may send; 8 GB at most
 * @param bulkBurstBytes what they may send at once after a pause; more than a tick's worth
 * @param durationMaxNanos a session, and a chain of sessions each resumed where the one before stopped, gets no older:
 *     what it brought may be stale by so much, and tombstones must live longer; what is owed to a peer that opens no
 *     session for so long is forgotten
 * @param stallNanos an own session that loads and got no chunk for so long makes way for another one
 * @param openIntervalNanos one peer opens a session at most so often; a request that comes sooner waits
 * @param waitingRequestsMax requests that wait, one per peer; one more is told to ask somebody else
 * @param pointShare resume points take at most one of so many bytes sent
 * @param auditOriginsMax logs compared bucket by bucket in one session
 * @param auditScanMax entries looked at for one chunk of an audited log
 * @param owedInstancesMax instances of which a peer turned out to lack the latest, kept for its next session
 */
public record SessionConfig(
        int bulkAfterChunks,
        int bulkSessionsMax,
        long bulkBytesPerSecondMax,
        long bulkBurstBytes,
        long durationMaxNanos,
        long stallNanos,
        long openIntervalNanos,
        int waitingRequestsMax,
        int pointShare,
        int auditOriginsMax,
        int auditScanMax,
        int owedInstancesMax) {
    /** For production. */
    public static final SessionConfig DEFAULT = new SessionConfig(
            4, 2, 20_000_000, 2_000_000, 600_000_000_000L, 1_000_000_000L, 100_000_000L, 64, 16, 16, 50_000, 1_000);

    public SessionConfig {
        Invariants.check(
                bulkAfterChunks > 0 && bulkSessionsMax > 0 && bulkBytesPerSecondMax > 0 && bulkBurstBytes > 0,
                "a bulk transfer must get on");
        Invariants.check(
                bulkBytesPerSecondMax <= TokenBucket.BYTES_PER_SECOND_MAX, "bulk transfers have no rate to keep to");
        Invariants.check(
                durationMaxNanos > 0
                        && stallNanos > 0
                        && openIntervalNanos >= 0
                        && waitingRequestsMax > 0
                        && pointShare > 0,
                "a limit of sessions is out of range");
        Invariants.check(
                auditOriginsMax > 0 && auditScanMax > 0 && owedInstancesMax > 0, "a limit of audits is not positive");
    }

    /** The same with another limit of how long a session takes. */
    public SessionConfig lasting(final long nanosMax) {
        return new SessionConfig(
                bulkAfterChunks,
                bulkSessionsMax,
                bulkBytesPerSecondMax,
                bulkBurstBytes,
                nanosMax,
                stallNanos,
                openIntervalNanos,
                waitingRequestsMax,
                pointShare,
                auditOriginsMax,
                auditScanMax,
                owedInstancesMax);
    }
}
