package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * When the tombstones of which log may be dropped: a grace after this node learned that they may, so that every session
 * that began before, and may bring what they killed, is over.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> each log is in the queue at most once.
 */
final class Collector {
    private final long graceNanos;
    private final Set<Origin> learned = new TreeSet<>();
    private final Set<Origin> queued = new TreeSet<>();
    /** Ascending by due time, as the grace is the same for all. */
    private final Deque<Due> queue = new ArrayDeque<>();

    Collector(final long graceNanos) {
        this.graceNanos = graceNanos;
    }

    /** Tombstones of this log up to this version may go. */
    record Due(Origin origin, long version, long dueNanos) {}

    /** The log's watermark rose. */
    void learned(final Origin origin) {
        learned.add(origin);
    }

    /** Starts the grace of what was learned since the last call. */
    void stamp(final ToLongFunction<Origin> watermarkOf, final long nowNanos) {
        for (final Origin origin : learned) {
            if (queued.add(origin)) {
                queue.addLast(new Due(origin, watermarkOf.applyAsLong(origin), nowNanos + graceNanos));
            }
        }
        learned.clear();
    }

    /** The log whose grace is over, for as long as it is not {@link #done}; null when there is none. */
    Due due(final long nowNanos) {
        final Due first = queue.peekFirst();
        return first != null && nowNanos - first.dueNanos() >= 0 ? first : null;
    }

    /** What {@link #due} returned was dropped; what was learned meanwhile has its own grace. */
    void done(final long watermark) {
        final Due first = queue.removeFirst();
        queued.remove(first.origin());
        if (watermark > first.version()) {
            learned.add(first.origin());
        }
    }
}
