package com.onebackend.registry.replication;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Which own versions are at least so old, by this process's monotonic clock. What was restored is as old as the
 * process.
 *
 * <p><i>Invariants:</i> at most {@link #MARKS_MAX} marks; a version is never called older than it is.
 */
final class VersionAges {
    private static final int MARKS_MAX = 130;

    private final long spacingNanos;
    private final long keptNanos;
    private final Deque<Mark> marks = new ArrayDeque<>();

    /** @param keptNanos ages asked for are no greater */
    VersionAges(final long keptNanos) {
        this.keptNanos = keptNanos;
        this.spacingNanos = Math.max(1, keptNanos / (MARKS_MAX - 2));
    }

    /** At this time all versions up to this one had been given. */
    private record Mark(long nanos, long version) {}

    /** To be called often. */
    void mark(final long nowNanos, final long version) {
        if (!marks.isEmpty() && nowNanos - marks.peekLast().nanos() < spacingNanos) {
            return;
        }
        marks.addLast(new Mark(nowNanos, version));
        // The oldest mark that is old enough for every question stays; those before it are not needed.
        while (marks.size() > 1 && nowNanos - second().nanos() >= keptNanos) {
            marks.removeFirst();
        }
    }

    /** All versions up to this one are at least so old; 0 when that is not known of any. */
    long versionOfAge(final long ageNanos, final long nowNanos) {
        long version = 0;
        for (final Mark mark : marks) {
            if (nowNanos - mark.nanos() < ageNanos) {
                break;
            }
            version = mark.version();
        }
        return version;
    }

    private Mark second() {
        final var walk = marks.iterator();
        walk.next();
        return walk.next();
    }
}
