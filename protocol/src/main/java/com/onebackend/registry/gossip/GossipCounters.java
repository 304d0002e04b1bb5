package com.onebackend.registry.gossip;

import com.onebackend.registry.replication.SyncCounters;

/**
 * What happened since the start, for metrics.
 *
 * <p><i>Thread:</i> written by the gossip loop; a reader elsewhere takes {@link #snapshot} on the loop.
 */
public final class GossipCounters {
    long ownEchoes;
    long refusedRemoved;
    long pushesSent;
    long pushesApplied;
    long pushesDuplicate;
    long pushesBehind;
    long pushesRefused;
    long chunksRefused;
    long syncsTimedOut;
    long syncsTurnedAway;

    private final SyncCounters syncs;

    GossipCounters(final SyncCounters syncs) {
        this.syncs = syncs;
    }

    /** The counters at this moment. */
    public Snapshot snapshot() {
        return new Snapshot(
                ownEchoes,
                refusedRemoved,
                pushesSent,
                pushesApplied,
                pushesDuplicate,
                pushesBehind,
                pushesRefused,
                chunksRefused,
                syncsTimedOut,
                syncsTurnedAway,
                syncs.snapshot());
    }

    /**
     * An immutable copy.
     *
     * @param syncsTimedOut own sessions without a further chunk in time
     * @param syncsTurnedAway own sessions that the peer had no room for
     * @param syncs what the sessions did
     */
    public record Snapshot(
            long ownEchoes,
            long refusedRemoved,
            long pushesSent,
            long pushesApplied,
            long pushesDuplicate,
            long pushesBehind,
            long pushesRefused,
            long chunksRefused,
            long syncsTimedOut,
            long syncsTurnedAway,
            SyncCounters.Snapshot syncs) {}
}
