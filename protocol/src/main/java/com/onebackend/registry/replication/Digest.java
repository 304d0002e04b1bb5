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
        /** No log gets so long. In storage: an origin that was removed, and of which nothing is kept or taken. */
        static final long FORGOTTEN = Long.MAX_VALUE;

        /** What storage keeps of an origin that is forgotten. */
        static Head ofForgotten(final Origin origin) {
            return new Head(origin, FORGOTTEN, FORGOTTEN, 0);
        }

        /** True when it is of an origin that is forgotten. */
        boolean isForgotten() {
            return maxVersion == FORGOTTEN;
        }

        /** True for a node that starts again from nothing: tombstones were collected that it may have missed. */
        public boolean isBehind() {
            return gcVersion > maxVersion;
        }
    }
}
