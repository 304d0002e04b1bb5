package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/**
 * What one step of the replica changed and storage must keep, applied as one atomic write in the order of the lists.
 *
 * @param puts winning entries, each replacing what its key held
 * @param removals keys whose entry was dropped without a successor
 * @param heads origins whose vector moved, with where it stands now
 * @param evicted origins whose log was removed as a whole; their heads are to be deleted
 */
public record LogBatch(
        List<LogEntry> puts, List<LogEntry.PartKey> removals, List<Digest.Head> heads, List<Origin> evicted) {
    public LogBatch {
        puts = List.copyOf(puts);
        removals = List.copyOf(removals);
        heads = List.copyOf(heads);
        evicted = List.copyOf(evicted);
    }

    /** True when there is nothing to write. */
    public boolean isEmpty() {
        return puts.isEmpty() && removals.isEmpty() && heads.isEmpty() && evicted.isEmpty();
    }
}
