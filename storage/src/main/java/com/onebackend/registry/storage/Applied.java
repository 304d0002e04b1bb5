package com.onebackend.registry.storage;

import com.onebackend.registry.model.Invariants;

/** How far the Raft log has been applied: the index and term of the last applied entry. */
public record Applied(long index, long term) {
    /** Nothing has been applied yet. */
    public static final Applied NONE = new Applied(0, 0);

    public Applied {
        Invariants.check(index >= 0 && term >= 0, "applied index or term is negative");
    }
}
