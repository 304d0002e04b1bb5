package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Invariants;

/**
 * The limits and times of {@link Custody}. Times in nanoseconds.
 *
 * @param forwardIntervalNanos heartbeats for instances of others are forwarded once in so long
 * @param forwardTimeoutNanos an owner that acknowledged nothing for so long is treated as unreachable; also how long a
 *     log's origin that no member has is waited for
 * @param batchHeartbeatsMax heartbeats in one forwarded message
 * @param batchesInFlightMax unacknowledged batches to one owner; one more drops the oldest
 * @param adoptionsPerTickMax remembered heartbeats that become adoptions in one tick
 * @param pulseIntervalNanos between two pulses of an owner
 * @param pulseEntriesMax log entries in one pulse message; a longer log goes in several
 * @param orphanGraceNanos so long an owner must be gone before its keeper adopts what gives no sign of life
 * @param orphanEntriesPerTickMax entries of logs of the gone that are looked at in one tick
 */
public record HeartbeatConfig(
        long forwardIntervalNanos,
        long forwardTimeoutNanos,
        int batchHeartbeatsMax,
        int batchesInFlightMax,
        int adoptionsPerTickMax,
        long pulseIntervalNanos,
        int pulseEntriesMax,
        long orphanGraceNanos,
        int orphanEntriesPerTickMax) {
    private static final long SECOND = 1_000_000_000L;

    /** Versions in one message that the wire accepts: ten bytes each fit a frame. */
    public static final int BATCH_HEARTBEATS_LIMIT = 65_536;

    /** Entries in one pulse that the wire accepts. */
    public static final int PULSE_ENTRIES_LIMIT = 65_536;

    /** For instances that give a heartbeat every 10 s. */
    public static final HeartbeatConfig DEFAULT =
            new HeartbeatConfig(SECOND, 10 * SECOND, 32_768, 64, 500, 5 * SECOND, 8_192, 30 * SECOND, 500);

    public HeartbeatConfig {
        Invariants.check(
                forwardIntervalNanos > 0 && forwardTimeoutNanos > 0 && pulseIntervalNanos > 0 && orphanGraceNanos > 0,
                "a time is not positive");
        Invariants.check(
                batchHeartbeatsMax > 0 && batchHeartbeatsMax <= BATCH_HEARTBEATS_LIMIT,
                "heartbeats per batch out of range");
        Invariants.check(
                pulseEntriesMax > 0 && pulseEntriesMax <= PULSE_ENTRIES_LIMIT, "entries per pulse out of range");
        Invariants.check(
                batchesInFlightMax > 0 && adoptionsPerTickMax > 0 && orphanEntriesPerTickMax > 0,
                "a limit is not positive");
    }
}
