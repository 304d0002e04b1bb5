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
    long relayed;
    long havesSent;
    long graftsAsked;
    long grafted;
    long pushesHeld;
    long pushesHeldOverflow;
    long pushesHeldExpired;
    long reportsDuplicate;
    long probesSame;
    long probesDifferent;
    long sessionsAnswered;
    long sessionsBusy;

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
                relayed,
                havesSent,
                graftsAsked,
                grafted,
                pushesHeld,
                pushesHeldOverflow,
                pushesHeldExpired,
                reportsDuplicate,
                probesSame,
                probesDifferent,
                sessionsAnswered,
                sessionsBusy);
    }

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
     * @param reportsDuplicate reports that were not newer
     * @param probesSame sessions of peers that were over with their first question
     * @param probesDifferent sessions of peers that had to go on
     * @param sessionsAnswered sessions of peers that listed what they have
     * @param sessionsBusy of these, refused because too many were under way
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
            long reportsDuplicate,
            long probesSame,
            long probesDifferent,
            long sessionsAnswered,
            long sessionsBusy) {}
}
