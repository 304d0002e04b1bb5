package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What others have and this node lacks, and whom to ask for it, when. It is given a while to come by itself; then one
 * after the other is asked that is known to have it.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class MissingPushes {
    /** Logs waited for at the same time; of one more, sync has to take care. */
    static final int ORIGINS_MAX = 1_024;

    /** Remembered for one log. */
    static final int SOURCES_MAX = 3;

    /** An answer that took longer is not coming. */
    static final long ANSWER_NANOS = 300_000_000L;

    private final Map<Origin, Missing> byOrigin = new TreeMap<>();
    private long nextNanos;

    /** Somebody who has it. */
    record Source(String nodeId, Endpoint endpoint) {}

    /** To be done now: {@code graft} is null when nobody is left to be asked for pushes, so that a sync has to do. */
    record Step(Source source, LogMessage.Graft graft) {}

    /** Tells how much of a log is here. */
    interface Known {
        long of(Origin origin);
    }

    private static final class Missing {
        private final Deque<Source> sources = new ArrayDeque<>();
        private long version;
        private long dueNanos;
        private Source asked;
    }

    /** A member has the log up to {@code version}, which is more than we have. */
    void note(
            final Origin origin, final long version, final Source source, final long delayNanos, final long nowNanos) {
        Missing missing = byOrigin.get(origin);
        if (missing == null) {
            if (byOrigin.size() >= ORIGINS_MAX) {
                return;
            }
            missing = new Missing();
            missing.dueNanos = nowNanos + delayNanos;
            wakeAt(missing.dueNanos);
            byOrigin.put(origin, missing);
        }
        missing.version = Math.max(missing.version, version);
        if (missing.sources.size() < SOURCES_MAX
                && !missing.sources.contains(source)
                && !source.equals(missing.asked)) {
            missing.sources.addLast(source);
        }
    }

    /** The log is here up to {@code version}. */
    void reached(final Origin origin, final long version) {
        final Missing missing = byOrigin.get(origin);
        if (missing != null && missing.version <= version) {
            byOrigin.remove(origin);
        }
    }

    /** Whom to ask now for what. */
    List<Step> due(final Known known, final long nowNanos) {
        if (byOrigin.isEmpty() || nowNanos - nextNanos < 0) {
            return List.of();
        }
        final List<Step> steps = new ArrayList<>();
        nextNanos = nowNanos + ANSWER_NANOS;
        for (final Iterator<Map.Entry<Origin, Missing>> i = byOrigin.entrySet().iterator(); i.hasNext(); ) {
            final Map.Entry<Origin, Missing> entry = i.next();
            final Missing missing = entry.getValue();
            final long have = known.of(entry.getKey());
            if (have >= missing.version) {
                i.remove();
            } else if (nowNanos - missing.dueNanos < 0) {
                wakeAt(missing.dueNanos);
            } else if (missing.sources.isEmpty()) {
                i.remove();
                steps.add(new Step(missing.asked, null));
            } else {
                missing.asked = missing.sources.pollFirst();
                missing.dueNanos = nowNanos + ANSWER_NANOS;
                steps.add(new Step(missing.asked, new LogMessage.Graft(entry.getKey(), have)));
            }
        }
        return steps;
    }

    int count() {
        return byOrigin.size();
    }

    private void wakeAt(final long nanos) {
        if (byOrigin.isEmpty() || nanos - nextNanos < 0) {
            nextNanos = nanos;
        }
    }
}
