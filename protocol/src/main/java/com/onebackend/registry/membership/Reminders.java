package com.onebackend.registry.membership;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Lets each node be told something only once per interval, so that two sides never keep correcting each other. */
final class Reminders {
    private final long intervalNanos;
    private final int nodesMax;
    /** By node id, oldest first. */
    private final Map<String, Long> remindedNanos = new LinkedHashMap<>();

    Reminders(final long intervalNanos, final int nodesMax) {
        this.intervalNanos = intervalNanos;
        this.nodesMax = nodesMax;
    }

    /** True, once per interval, when the node may be reminded now. */
    boolean permit(final String nodeId, final long nowNanos) {
        final Iterator<Long> oldest = remindedNanos.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next() >= intervalNanos) {
            oldest.remove();
        }
        if (remindedNanos.containsKey(nodeId) || remindedNanos.size() >= nodesMax) {
            return false;
        }
        remindedNanos.put(nodeId, nowNanos);
        return true;
    }
}
