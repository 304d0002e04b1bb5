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
    long relayed;
    long havesSent;
    long graftsAsked;
    long grafted;
    long pushesHeld;
    long pushesHeldOverflow;
    long pushesHeldExpired;
    long probesSame;
    long probesDifferent;
    long syncsTimedOut;
    long syncsTurnedAway;
    /** The retention's figures; read when a snapshot is taken. */
    Retained retained = new Retained(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    final HeartbeatCounters heartbeats = new HeartbeatCounters();
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
                relayed,
                havesSent,
                graftsAsked,
                grafted,
                pushesHeld,
                pushesHeldOverflow,
                pushesHeldExpired,
                probesSame,
                probesDifferent,
                syncsTimedOut,
                syncsTurnedAway,
                syncs.snapshot(),
                retained,
                heartbeats.snapshot());
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

    /**
     * An immutable copy.
     *
     * @param pushesSent copies of own pushes that left this node
     * @param pushesDuplicate copies of a push that came again
     * @param relayed copies handed on for others
     * @param havesSent announcements of what is here
     * @param graftsAsked how often this node asked for pushes it missed
     * @param grafted pushes sent again to members that asked
     * @param pushesHeld pushes that came before the ones they follow and were kept for a moment
     * @param pushesHeldOverflow the same without room to keep them
     * @param pushesHeldExpired kept for too long
     * @param probesSame sessions of peers that were over with their first question
     * @param probesDifferent sessions of peers that had to go on
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
            long relayed,
            long havesSent,
            long graftsAsked,
            long grafted,
            long pushesHeld,
            long pushesHeldOverflow,
            long pushesHeldExpired,
            long probesSame,
            long probesDifferent,
            long syncsTimedOut,
            long syncsTurnedAway,
            SyncCounters.Snapshot syncs,
            Retained retained,
            HeartbeatCounters.Snapshot heartbeats) {}
}
