package com.onebackend.registry.node.catalog;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.BiConsumer;

/**
 * Which revisions of which definitions the store keeps, and how large they are. What was in them stays there: ten
 * revisions of every definition would fill the memory.
 *
 * <p><i>Thread:</i> {@code get} from any; all else from whoever applies, one at a time. <i>Invariants:</i> the
 * revisions of one definition are numbered without gaps; a number is never given to two contents of the same id.
 */
final class DefinitionTrails {
    /**
     * The revisions kept of one definition.
     *
     * @param deletedAt the index that deleted it; 0 = it is there
     * @param sizes bytes of each revision's row, the first one's first
     */
    // The array is handed on, never compared or changed.
    @SuppressWarnings("ArrayRecordComponent")
    record Trail(long first, long last, long deletedAt, int[] sizes) {
        boolean isDeleted() {
            return deletedAt != 0;
        }

        /** The same with one revision more. */
        static Trail after(final Trail before, final long revision, final int size, final long deletedAt) {
            if (before == null) {
                return new Trail(revision, revision, deletedAt, new int[] {size});
            }
            final int[] sizes = Arrays.copyOf(before.sizes, before.sizes.length + 1);
            sizes[before.sizes.length] = size;
            return new Trail(before.first, revision, deletedAt, sizes);
        }

        /** True when there is more than the last revision. */
        boolean hasOlder() {
            return first < last;
        }

        /** The same without the first revision; there must be an older one. */
        Trail withoutFirst() {
            return new Trail(first + 1, last, deletedAt, Arrays.copyOfRange(sizes, 1, sizes.length));
        }

        /** Bytes of all revisions but the last. */
        long olderBytes() {
            return Arrays.stream(sizes, 0, sizes.length - 1).asLongStream().sum();
        }
    }

    /** A definition that was deleted. An index that comes from another cluster may stand for two of them. */
    private record Deleted(long index, String id) {}

    private final Map<String, Trail> byId = new ConcurrentHashMap<>();
    /** The definition that was deleted first comes first. */
    private final NavigableSet<Deleted> deletions =
            new ConcurrentSkipListSet<>(Comparator.comparingLong(Deleted::index).thenComparing(Deleted::id));
    /** Of {@link #deletions}, whose own size takes a walk. */
    private int deletedCount;
    /** Of all revisions but each definition's last. */
    private long olderBytes;
    /** The highest number that was given to a definition of which nothing is remembered. */
    private long floor;

    void put(final String id, final Trail trail) {
        remove(id);
        byId.put(id, trail);
        olderBytes += trail.olderBytes();
        if (trail.isDeleted()) {
            deletions.add(new Deleted(trail.deletedAt(), id));
            deletedCount++;
        }
    }

    void remove(final String id) {
        final Trail before = byId.remove(id);
        if (before == null) {
            return;
        }
        olderBytes -= before.olderBytes();
        if (before.isDeleted()) {
            deletions.remove(new Deleted(before.deletedAt(), id));
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

    /** How many definitions are remembered, deleted or not. */
    int size() {
        return byId.size();
    }

    /** How many deleted definitions are remembered. */
    int deletedCount() {
        return deletedCount;
    }

    /** Bytes of all revisions kept, but each definition's last. */
    long olderBytes() {
        return olderBytes;
    }

    /** The ids of deleted definitions; the one deleted first comes first. */
    Iterable<String> deleted() {
        return () -> deletions.stream().map(Deleted::id).iterator();
    }

    /** Every id with what is kept of it. */
    void forEach(final BiConsumer<String, Trail> each) {
        byId.forEach(each);
    }
}
