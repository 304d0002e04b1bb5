package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A node that was taken out of the cluster.
 *
 * @param origin the origin of its data folder when it was removed: its instance log is dropped everywhere
 * @param generation this generation and every earlier one is out
 * @param index the Raft index of the removal
 * @param millis when, milliseconds since 1970
 * @param by slug of the account that removed it
 * @param url where it was; empty for removals of a version that did not note it
 */
public record RemovedNode(
        String nodeId, Origin origin, Generation generation, long index, long millis, String by, String url) {
    public RemovedNode(
            final String nodeId,
            final Origin origin,
            final Generation generation,
            final long index,
            final long millis,
            final String by) {
        this(nodeId, origin, generation, index, millis, by, "");
    }

    /** True when it is this process that was removed, or one that still has the removed data folder. */
    public boolean covers(final String id, final Origin folder, final Generation process) {
        return nodeId.equals(id) && (origin.equals(folder) || process.compareTo(generation) <= 0);
    }

    /** What happened, told to the node itself. */
    public String told() {
        return "the cluster removed this node at "
                + Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS) + " by " + by;
    }
}
