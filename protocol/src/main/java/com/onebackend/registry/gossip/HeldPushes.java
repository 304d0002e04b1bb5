package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import java.util.LinkedHashMap;
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
    /** By number, which is the order of arrival, to find those that waited too long. */
    private final Map<Long, Held> arrivals = new LinkedHashMap<>();

    private final long selfPosition;
    private long bytes;
    private long lastNumber;

    /** With this node's place in the circle: arcs begin there. */
    HeldPushes(final long selfPosition) {
        this.selfPosition = selfPosition;
    }

    /**
     * One that waits.
     *
     * @param until what this node is to see to once it is applied; null when it is to keep it for itself
     */
    record Held(LogMessage.Push push, Long until, long bytes, long sinceNanos, long number) {}

    /** False when there is no room. Of one that is held already, the wider of the two arcs counts. */
    boolean hold(final LogMessage.Push push, final Long until, final long nowNanos) {
        final long size = push.estimatedBytes();
        final NavigableMap<Long, Held> row = byOrigin.get(push.origin());
        final Held known = row == null ? null : row.get(push.base());
        if (known != null) {
            // What was asked for comes without an arc, and may come before the copy that others wait for.
            put(new Held(known.push(), wider(known.until(), until), known.bytes(), known.sinceNanos(), known.number()));
            return true;
        }
        final boolean isFull = arrivals.size() >= PUSHES_MAX || bytes + size > BYTES_MAX;
        if (isFull || (row != null && row.size() >= PER_ORIGIN_MAX)) {
            return false;
        }
        put(new Held(push, until, size, nowNanos, ++lastNumber));
        bytes += size;
        return true;
    }

    private void put(final Held held) {
        byOrigin.computeIfAbsent(held.push().origin(), origin -> new TreeMap<>())
                .put(held.push().base(), held);
        arrivals.put(held.number(), held);
    }

    private Long wider(final Long a, final Long b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return Long.compareUnsigned(a - selfPosition, b - selfPosition) >= 0 ? a : b;
    }

    /** Takes out one whose base is there; null when there is none. */
    Held next(final Origin origin, final long known) {
        final NavigableMap<Long, Held> row = byOrigin.get(origin);
        if (row == null || row.firstKey() > known) {
            return null;
        }
        return taken(row.firstEntry().getValue());
    }

    /** Origins of which something waits. */
    Iterable<Origin> origins() {
        return List.copyOf(byOrigin.keySet());
    }

    boolean isEmpty() {
        return arrivals.isEmpty();
    }

    int size() {
        return arrivals.size();
    }

    /** Drops those that waited too long; returns how many. */
    int expire(final long nowNanos) {
        int dropped = 0;
        // Taken from the front: the map is changed by what is taken.
        while (!arrivals.isEmpty()) {
            final Held oldest = arrivals.values().iterator().next();
            if (nowNanos - oldest.sinceNanos() < HELD_NANOS) {
                break;
            }
            taken(oldest);
            dropped++;
        }
        return dropped;
    }

    private Held taken(final Held held) {
        final Origin origin = held.push().origin();
        final NavigableMap<Long, Held> row = byOrigin.get(origin);
        row.remove(held.push().base());
        if (row.isEmpty()) {
            byOrigin.remove(origin);
        }
        arrivals.remove(held.number());
        bytes -= held.bytes();
        return held;
    }
}
