package com.onebackend.registry.gossip;

/**
 * What happened to heartbeats and owners since the start.
 *
 * <p><i>Thread:</i> as {@link GossipCounters}.
 */
public final class HeartbeatCounters {
    long kept;
    long forwarded;
    long remembered;
    long adopted;
    long unknown;
    long batchesSent;
    long batchesUnacknowledged;
    long batchesReceived;
    long forwardsRefused;
    long adoptedByHeartbeat;
    long adoptedByKeeper;
    long rehomed;
    long pulsesSent;
    long pulsesApplied;
    long pulsesIgnored;
    long orphans;

    HeartbeatCounters() {}

    Snapshot snapshot() {
        return new Snapshot(
                kept,
                forwarded,
                remembered,
                adopted,
                unknown,
                batchesSent,
                batchesUnacknowledged,
                batchesReceived,
                forwardsRefused,
                adoptedByHeartbeat,
                adoptedByKeeper,
                rehomed,
                pulsesSent,
                pulsesApplied,
                pulsesIgnored,
                orphans);
    }

    /**
     * An immutable copy.
     *
     * @param forwardsRefused forwarded heartbeats that the owner did not know
     * @param rehomed entries of removed or gone nodes that were copied because this node owns their instances
     * @param orphans instances of gone owners that nobody had adopted when their logs were last looked through
     */
    public record Snapshot(
            long kept,
            long forwarded,
            long remembered,
            long adopted,
            long unknown,
            long batchesSent,
            long batchesUnacknowledged,
            long batchesReceived,
            long forwardsRefused,
            long adoptedByHeartbeat,
            long adoptedByKeeper,
            long rehomed,
            long pulsesSent,
            long pulsesApplied,
            long pulsesIgnored,
            long orphans) {}
}
