package com.onebackend.registry.membership;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Believes each source only so many new suspicions per interval: a sick member, or a lying one, that suspects everybody
 * at once must not start a storm. A suspicion that is dropped is only late: others tell of it, or an own probe fails.
 */
final class SuspectLimit {
    private final long intervalNanos;
    private final int suspectsMax;
    private final int sourcesMax;
    /** By source, the one whose interval began first in front. */
    private final Map<String, Window> windows = new LinkedHashMap<>();

    private record Window(long startNanos, Set<String> suspects) {}

    SuspectLimit(final MembershipConfig config) {
        this.intervalNanos = config.probeIntervalNanos();
        this.suspectsMax = config.suspectsPerSourceMax();
        this.sourcesMax = config.membersMax();
    }

    /** True when the source may be believed that this member is suspect. */
    boolean permits(final String source, final String suspect, final long nowNanos) {
        final Iterator<Window> oldest = windows.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next().startNanos() >= intervalNanos) {
            oldest.remove();
        }
        if (windows.size() >= sourcesMax && !windows.containsKey(source)) {
            return false;
        }
        final Window window = windows.computeIfAbsent(source, any -> new Window(nowNanos, new TreeSet<>()));
        return window.suspects().contains(suspect)
                || (window.suspects().size() < suspectsMax && window.suspects().add(suspect));
    }
}
