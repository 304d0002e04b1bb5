package com.onebackend.registry.gossip;

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
    /** The retention's figures; read when a snapshot is taken. */
    Retained retained = new Retained(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    GossipCounters() {}

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
                retained);
    }

    /**
     * What is kept of tombstones, and how the clocks stand.
     *
     * @param ownWatermark the own log's tombstones up to this version are collected
     * @param tombstones held now
     * @param tombstonesCollected dropped since the start
     * @param resetsBegun times this node dropped everything because it had been away for too long
     * @param resetsFinished times it had everything again after that
     * @param resetsVoided times it had to load from members that did not meet the watermarks: lost disks had taken them
     * @param membersBehind catalog members that collection passed
     * @param quarantined messages refused because of a stamp too far ahead
     * @param clockOffsetMillis how far the peers' clocks are ahead of this one's, in the middle
     * @param clockAlarms times that became more than the alarm
     * @param syncTokens times storage was asked to make heads durable
     */
    public record Retained(
            long ownWatermark,
            long tombstones,
            long tombstonesCollected,
            long resetsBegun,
            long resetsFinished,
            long resetsVoided,
            long membersBehind,
            long quarantined,
            long clockOffsetMillis,
            long clockAlarms,
            long syncTokens) {}

    /** An immutable copy. */
    public record Snapshot(
            long ownEchoes,
            long refusedRemoved,
            long pushesSent,
            long pushesApplied,
            long pushesDuplicate,
            long pushesBehind,
            long pushesRefused,
            long chunksRefused,
            Retained retained) {}
}
