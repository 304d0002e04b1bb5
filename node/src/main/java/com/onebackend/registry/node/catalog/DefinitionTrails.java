package com.onebackend.registry.node.catalog;

import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Which revisions of which definitions the store keeps. What was in them stays there: ten revisions of every definition
 * would fill the memory.
 *
 * <p><i>Thread:</i> {@code get} from any; all else from whoever applies, one at a time. <i>Invariants:</i> the
 * revisions of one definition are numbered without gaps; a number is never given to two contents of the same id.
 */
final class DefinitionTrails {
    /** The revisions kept of one definition, and the index that deleted it; 0 = it is there. */
    record Trail(long first, long last, long deletedAt) {
        boolean isDeleted() {
            return deletedAt != 0;
        }
    }

    private final Map<String, Trail> byId = new ConcurrentHashMap<>();
    /** Ids of deleted definitions, by the index that deleted them. */
    private final NavigableMap<Long, String> deletions = new ConcurrentSkipListMap<>();
    /** Of {@link #deletions}, whose own size takes a walk. */
    private int deletedCount;
    /** The highest number that was given to a definition of which nothing is remembered. */
    private long floor;

    void put(final String id, final Trail trail) {
        remove(id);
        byId.put(id, trail);
        if (trail.isDeleted()) {
            deletions.put(trail.deletedAt(), id);
            deletedCount++;
        }
    }

    void remove(final String id) {
        final Trail before = byId.remove(id);
        if (before != null && before.isDeleted()) {
            deletions.remove(before.deletedAt());
            deletedCount--;
        }
    }

    void raiseFloor(final long revision) {
        floor = Math.max(floor, revision);
    }

    long floor() {
        return floor;
    }

    /** What is kept of this id, or null. */
    Trail get(final String id) {
        return byId.get(id);
    }

    /** How many deleted definitions are remembered. */
    int deletedCount() {
        return deletedCount;
    }

    /** The id that was deleted first; there must be one. */
    String eldestDeleted() {
        return deletions.firstEntry().getValue();
    }
}
