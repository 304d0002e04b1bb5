package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Pushes that came before the ones they follow, for a short while. What does not fit, or waits for too long, is
 * dropped: it is asked for like any other that was lost.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class HeldPushes {
    /** Of one origin. */
    static final int PER_ORIGIN_MAX = 16;

    /** Of all together. */
    static final int PUSHES_MAX = 128;

    static final long BYTES_MAX = 8L << 20;

    /** Longer than every way of getting what is missing, but a sync. */
    static final long HELD_NANOS = 2_000_000_000L;

    private final Map<Origin, NavigableMap<Long, Held>> byOrigin = new TreeMap<>();
    /** In order of arrival, to find those that waited too long; those taken since are skipped. */
    private final Deque<Held> arrivals = new ArrayDeque<>();

    private int count;
    private long bytes;
    private long lastNumber;

    /**
     * One that waits.
     *
     * @param until what this node is to see to once it is applied; null when it is to keep it for itself
     */
    record Held(LogMessage.Push push, Long until, long bytes, long sinceNanos, long number) {}

    /** False when there is no room. */
    boolean hold(final LogMessage.Push push, final Long until, final long nowNanos) {
        final long size = push.estimatedBytes();
        final NavigableMap<Long, Held> row = byOrigin.get(push.origin());
        final boolean isKnown = row != null && row.containsKey(push.base());
        final boolean isFull = count >= PUSHES_MAX || bytes + size > BYTES_MAX;
        if (isKnown || isFull || (row != null && row.size() >= PER_ORIGIN_MAX)) {
            return isKnown;
        }
        final Held held = new Held(push, until, size, nowNanos, ++lastNumber);
        byOrigin.computeIfAbsent(push.origin(), origin -> new TreeMap<>()).put(push.base(), held);
        arrivals.addLast(held);
        count++;
        bytes += size;
        return true;
    }

    /** Takes out one whose base is there; null when there is none. */
    Held next(final Origin origin, final long known) {
        final NavigableMap<Long, Held> row = byOrigin.get(origin);
        if (row == null || row.firstKey() > known) {
            return null;
        }
        return taken(origin, row, row.firstEntry().getValue());
    }

    /** Origins of which something waits. */
    Iterable<Origin> origins() {
        return List.copyOf(byOrigin.keySet());
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Drops those that waited too long; returns how many. */
    int expire(final long nowNanos) {
        int dropped = 0;
        for (final Iterator<Held> i = arrivals.iterator(); i.hasNext(); ) {
            final Held held = i.next();
            final NavigableMap<Long, Held> row = byOrigin.get(held.push().origin());
            final Held there = row == null ? null : row.get(held.push().base());
            final boolean isThere = there != null && there.number() == held.number();
            if (isThere && nowNanos - held.sinceNanos() < HELD_NANOS) {
                break;
            }
            i.remove();
            if (isThere) {
                taken(held.push().origin(), row, held);
                dropped++;
            }
        }
        return dropped;
    }

    private Held taken(final Origin origin, final NavigableMap<Long, Held> row, final Held held) {
        row.remove(held.push().base());
        if (row.isEmpty()) {
            byOrigin.remove(origin);
        }
        count--;
        bytes -= held.bytes();
        return held;
    }
}
