package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When evicted origins may be forgotten, for which nobody raises a watermark any more: a horizon after the eviction an
 * own version is chosen, and when every member has that one, whoever was away has started again since.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Fences {
    private final long horizonNanos;
    private final Map<Origin, Fence> fences = new HashMap<>();
    private final Set<Origin> unstamped = new LinkedHashSet<>();

    Fences(final long horizonNanos) {
        this.horizonNanos = horizonNanos;
    }

    /** The log goes when the own log's watermark reaches {@code version}; 0 = not old enough. */
    private record Fence(long sinceNanos, long version) {}

    /** An origin was evicted. */
    void add(final Origin origin) {
        unstamped.add(origin);
    }

    /** Starts the time of those added since the last call. */
    void stamp(final long nowNanos) {
        unstamped.forEach(origin -> fences.putIfAbsent(origin, new Fence(nowNanos, 0)));
        unstamped.clear();
    }

    /** Chooses the version of those that are old enough: the next own one. True while any waits for it to be given. */
    boolean choose(final long assigned, final long nowNanos) {
        boolean isAwaited = false;
        for (final Map.Entry<Origin, Fence> entry : fences.entrySet()) {
            final Fence fence = entry.getValue();
            if (fence.version() == 0 && nowNanos - fence.sinceNanos() >= horizonNanos) {
                entry.setValue(new Fence(fence.sinceNanos(), assigned + 1));
            }
            isAwaited |= entry.getValue().version() > assigned;
        }
        return isAwaited;
    }

    /** The highest fence up to this own version; 0 when there is none. */
    long upTo(final long version) {
        return fences.values().stream()
                .mapToLong(Fence::version)
                .filter(fence -> fence <= version)
                .max()
                .orElse(0);
    }

    /** The origins whose logs may go at this watermark, in order. */
    List<Origin> passed(final long watermark) {
        return fences.entrySet().stream()
                .filter(entry ->
                        entry.getValue().version() > 0 && entry.getValue().version() <= watermark)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** It is gone. */
    void done(final Origin origin) {
        fences.remove(origin);
        unstamped.remove(origin);
    }
}
