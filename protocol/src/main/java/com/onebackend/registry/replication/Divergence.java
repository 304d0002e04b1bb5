package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/**
 * Logs that differed from a peer's under equal vectors: a bug, a disk that lost what it had confirmed, or the trace of
 * an eviction. Worth an alarm.
 *
 * @param origins whose logs differed
 * @param buckets buckets in which this node had something to mend, ascending
 * @param repairedEntries entries of those logs that this node had lost, or had wrong, and has now
 */
public record Divergence(List<Origin> origins, List<Integer> buckets, long repairedEntries) {
    public Divergence {
        origins = List.copyOf(origins);
        buckets = List.copyOf(buckets);
    }
}
