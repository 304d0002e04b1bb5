package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;

/**
 * How long tombstones are kept, and the limits of what that needs. Times in nanoseconds.
 *
 * @param tombstoneMinNanos an own tombstone is not collected before, whatever was acknowledged; own writes of the last
 *     half of it outlive a reset; a push with an entry older than half of it is not applied, a session is asked for
 * @param horizonNanos a catalog member that acknowledged nothing for so long no longer holds tombstones back
 * @param tombstonesMax with more in the own log, members that cannot be reached no longer hold them back either
 * @param dropGraceNanos tombstones are dropped so long after it was learned that they may be: longer than any session,
 *     so that none brings what they killed
 * @param dropsPerTickMax tombstones dropped in one step
 * @param syncIntervalNanos storage is asked no more often to make heads durable
 * @param asideMax own instances kept aside by a reset, to be claimed by their clients
 * @param asideNanos how long they are kept
 */
public record RetentionConfig(
        long tombstoneMinNanos,
        long horizonNanos,
        int tombstonesMax,
        long dropGraceNanos,
        int dropsPerTickMax,
        long syncIntervalNanos,
        int asideMax,
        long asideNanos) {
    private static final long MINUTE = 60_000_000_000L;

    /** For production. */
    public static final RetentionConfig DEFAULT = new RetentionConfig(
            60 * MINUTE, 24 * 60 * MINUTE, 200_000, 20 * MINUTE, 1_000, 2_000_000_000L, 100_000, 5 * MINUTE);

    public RetentionConfig {
        Invariants.check(
                dropGraceNanos > 0 && dropGraceNanos <= tombstoneMinNanos,
                "what is dropped must be older than the grace");
        Invariants.check(
                horizonNanos > tombstoneMinNanos && syncIntervalNanos > 0 && asideNanos > 0, "a time is out of range");
        Invariants.check(tombstonesMax > 0 && dropsPerTickMax > 0 && asideMax > 0, "a limit is not positive");
    }

    /** Own writes younger than this outlive a reset: no tombstone that is collected can be later than them. */
    long youngNanos() {
        return tombstoneMinNanos / 2;
    }
}
