package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/**
 * One origin's log as one node has it, in 256 sums: an entry belongs to the bucket of its instance id, and a bucket's
 * sum is over the hashes of its live entries.
 *
 * @param buckets {@link #BUCKETS} sums; empty when the node has nothing of the log
 */
public record LogAudit(Origin origin, List<Long> buckets) {
    /** Sums per log. */
    public static final int BUCKETS = 256;

    public LogAudit {
        buckets = List.copyOf(buckets);
    }

    /** The sum of one bucket. */
    long bucket(final int index) {
        return index < buckets.size() ? buckets.get(index) : 0;
    }
}
