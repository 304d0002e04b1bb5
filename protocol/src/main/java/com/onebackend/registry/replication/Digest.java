package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/**
 * How much of every origin's log a node has.
 *
 * @param heads one per known origin, ordered by origin
 */
public record Digest(List<Head> heads) {
    public Digest {
        heads = List.copyOf(heads);
    }

    /**
     * One origin's log as one node has it.
     *
     * @param maxVersion all versions up to here were received, or were superseded by something received
     * @param gcVersion tombstones up to here may have been collected
     * @param setHash sum of the hashes of its live entries
     */
    public record Head(Origin origin, long maxVersion, long gcVersion, long setHash) {
        /** True for a node that starts again from nothing: tombstones were collected that it may have missed. */
        public boolean isBehind() {
            return gcVersion > maxVersion;
        }
    }
}
