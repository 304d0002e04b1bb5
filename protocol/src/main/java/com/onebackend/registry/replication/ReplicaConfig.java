package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;

/**
 * The limits of a {@link Replica}.
 *
 * @param chunkEntriesMax entries in one sync chunk
 * @param chunkBytesMax estimated bytes of the entries in one chunk or push; a single larger entry travels alone
 * @param pushEntriesMax entries in one push
 * @param outgoingSessionsMax answered sync sessions at the same time; one per peer
 * @param incomingSessionsMax requested sync sessions at the same time; one more drops the oldest
 * @param lateEntriesMax entries that one answered session sends again out of order; more end it
 * @param sessionIdleNanos an answered session without a request for so long is forgotten
 * @param stampAheadMillisMax a received stamp may be ahead of the wall clock by no more
 * @param undurableMax own writes that wait for the disk
 * @param originsMax logs kept of origins that the catalog did not remove; as many of removed ones for a while
 * @param restartGapVersions own version numbers skipped at the first write after a restart: should the disk have lost
 *     its tail although it had confirmed it, the numbers lost are not given again
 * @param repairAfterSessions after so many sessions that ended with equal vectors and unequal sets, and none meanwhile
 *     with all equal, the next one compares the differing logs bucket by bucket; those between whose vectors differ say
 *     nothing
 * @param sessions limits of sync sessions
 * @param retention how long tombstones are kept
 */
public record ReplicaConfig(
        int chunkEntriesMax,
        int chunkBytesMax,
        int pushEntriesMax,
        int outgoingSessionsMax,
        int incomingSessionsMax,
        int lateEntriesMax,
        long sessionIdleNanos,
        long stampAheadMillisMax,
        int undurableMax,
        int originsMax,
        long restartGapVersions,
        int repairAfterSessions,
        SessionConfig sessions,
        RetentionConfig retention) {
    /** For production. */
    public static final ReplicaConfig DEFAULT =
            new ReplicaConfig(1_000, 256 * 1024, 500, 8, 8, 10_000, 30_000_000_000L, 60_000, 65_536, 16_384, 65_536, 2);

    /** With the sessions and the retention of production. */
    public ReplicaConfig(
            final int chunkEntriesMax,
            final int chunkBytesMax,
            final int pushEntriesMax,
            final int outgoingSessionsMax,
            final int incomingSessionsMax,
            final int lateEntriesMax,
            final long sessionIdleNanos,
            final long stampAheadMillisMax,
            final int undurableMax,
            final int originsMax,
            final long restartGapVersions,
            final int repairAfterSessions) {
        this(
                chunkEntriesMax,
                chunkBytesMax,
                pushEntriesMax,
                outgoingSessionsMax,
                incomingSessionsMax,
                lateEntriesMax,
                sessionIdleNanos,
                stampAheadMillisMax,
                undurableMax,
                originsMax,
                restartGapVersions,
                repairAfterSessions,
                SessionConfig.DEFAULT,
                RetentionConfig.DEFAULT);
    }

    public ReplicaConfig {
        Invariants.check(
                chunkEntriesMax > 0 && chunkBytesMax > 0 && pushEntriesMax > 0 && undurableMax > 0,
                "a batch must hold an entry");
        Invariants.check(
                outgoingSessionsMax > 0 && incomingSessionsMax > 0 && lateEntriesMax > 0 && originsMax > 0,
                "a limit is not positive");
        Invariants.check(
                sessionIdleNanos > 0 && stampAheadMillisMax >= 0 && restartGapVersions >= 0 && repairAfterSessions > 0,
                "a time or a count is out of range");
        Invariants.check(
                sessions.durationMaxNanos() < retention.dropGraceNanos(),
                "a session must end before what it may lack is dropped");
    }

    /** Heads in a vector: living origins, and as many that were removed and are not forgotten yet. */
    int vectorMax() {
        return 2 * originsMax;
    }

    /** The same with other limits of sessions. */
    public ReplicaConfig withSessions(final SessionConfig other) {
        return with(other, retention);
    }

    /** The same limits with another retention. */
    public ReplicaConfig with(final RetentionConfig other) {
        return with(sessions, other);
    }

    private ReplicaConfig with(final SessionConfig otherSessions, final RetentionConfig otherRetention) {
        return new ReplicaConfig(
                chunkEntriesMax,
                chunkBytesMax,
                pushEntriesMax,
                outgoingSessionsMax,
                incomingSessionsMax,
                lateEntriesMax,
                sessionIdleNanos,
                stampAheadMillisMax,
                undurableMax,
                originsMax,
                restartGapVersions,
                repairAfterSessions,
                otherSessions,
                otherRetention);
    }
}
