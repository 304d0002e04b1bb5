package com.onebackend.registry.api;

import java.util.List;

/**
 * What the cluster goes on with after a recovery by force.
 *
 * @param epoch how often its catalog was recovered so
 * @param index the catalog is of this Raft index; what was acknowledged later is lost
 * @param ageMillis when this node last knew that it had everything; {@link Long#MAX_VALUE} = unknown
 * @param removed the voters that were given up
 */
public record Recovered(int epoch, long index, long ageMillis, List<String> removed) {
    public Recovered {
        removed = List.copyOf(removed);
    }
}
