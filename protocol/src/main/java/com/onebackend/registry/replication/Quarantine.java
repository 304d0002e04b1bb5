package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.Map;
import java.util.TreeMap;

/** Whose entries were refused because they are stamped too far ahead, and how often; bounded. */
final class Quarantine {
    private static final int ORIGINS_MAX = 1_024;

    private final Map<Origin, Long> refusals = new TreeMap<>();

    /** A message was refused because of an entry of this origin. */
    void refused(final Origin origin) {
        if (refusals.size() < ORIGINS_MAX || refusals.containsKey(origin)) {
            refusals.merge(origin, 1L, Long::sum);
        }
    }

    /** Refusals by origin. */
    Map<Origin, Long> byOrigin() {
        return Map.copyOf(refusals);
    }
}
