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

    final HeartbeatCounters heartbeats = new HeartbeatCounters();

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
                heartbeats.snapshot());
    }

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
            HeartbeatCounters.Snapshot heartbeats) {}
}
