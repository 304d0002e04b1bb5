package com.onebackend.registry.replication;

/**
 * What sync sessions did since the start, for metrics. Bytes are estimates of what the entries take on the wire.
 *
 * <p><i>Thread:</i> written by the gossip loop; a reader elsewhere takes {@link #snapshot} on the loop.
 */
public final class SyncCounters {
    long asked;
    long resumed;
    long deferred;
    long answered;
    long turnedAway;
    long chunksIn;
    long chunksOut;
    long entriesIn;
    long entriesOut;
    long bytesIn;
    long bytesOut;
    long throttledChunks;
    long delayedRequests;
    long divergences;
    long repairedEntries;

    SyncCounters() {}

    /** The counters at this moment. */
    public Snapshot snapshot() {
        return new Snapshot(
                asked,
                resumed,
                deferred,
                answered,
                turnedAway,
                chunksIn,
                chunksOut,
                entriesIn,
                entriesOut,
                bytesIn,
                bytesOut,
                throttledChunks,
                delayedRequests,
                divergences,
                repairedEntries);
    }

    /**
     * An immutable copy.
     *
     * @param asked own sessions
     * @param resumed own sessions that went on where an earlier one had stopped
     * @param deferred own sessions given up because another one was loading already
     * @param answered sessions of peers that got a first chunk
     * @param turnedAway sessions of peers that were refused or ended before their last chunk, for want of room
     * @param throttledChunks chunks that waited for the rate limit
     * @param delayedRequests requests that came too soon after the peer's last one, and waited
     * @param divergences how often logs differed under equal vectors
     * @param repairedEntries entries that were missing or wrong and came back by an audit
     */
    public record Snapshot(
            long asked,
            long resumed,
            long deferred,
            long answered,
            long turnedAway,
            long chunksIn,
            long chunksOut,
            long entriesIn,
            long entriesOut,
            long bytesIn,
            long bytesOut,
            long throttledChunks,
            long delayedRequests,
            long divergences,
            long repairedEntries) {}
}
