package com.onebackend.registry.replication;

import java.util.List;

/**
 * What one step of the replica changed and storage must keep, applied as one atomic write in the order of the
 * components: the reset first.
 *
 * @param puts winning entries, each replacing what its key held
 * @param removals keys whose entry was dropped without a successor
 * @param heads origins whose vector moved, with where it stands now
 * @param reset everything stored before is void: all entries and heads are deleted before the rest is applied
 */
public record LogBatch(List<LogEntry> puts, List<LogEntry.PartKey> removals, List<Digest.Head> heads, boolean reset) {
    /** Changes nothing. */
    public static final LogBatch EMPTY = new LogBatch(List.of(), List.of(), List.of(), false);

    public LogBatch {
        puts = List.copyOf(puts);
        removals = List.copyOf(removals);
        heads = List.copyOf(heads);
    }

    /** True when there is nothing to write. */
    public boolean isEmpty() {
        return puts.isEmpty() && removals.isEmpty() && heads.isEmpty() && !reset;
    }
}
