package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of the others' logs is safe on this node's disk. Their entries are written without waiting for the disk; now
 * and then it is asked to make everything safe, and what had been reached when it was asked counts once it has
 * answered.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> one question under way; only looked up, never walked into a message.
 */
final class DurableHeads {
    private final long intervalNanos;
    private final Map<Origin, Long> durable = new HashMap<>();
    private Map<Origin, Long> moved = new HashMap<>();
    private Map<Origin, Long> asked = Map.of();
    private boolean isAsked;
    private long askedNanos;
    private boolean everAsked;
    private long lastToken;
    private long questions;

    DurableHeads(final long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /** The log was received up to here, and storage was or will be told so before the next question. */
    void moved(final Origin origin, final long version) {
        moved.merge(origin, version, Math::max);
    }

    /** The question to ask now; 0 when there is none. */
    long ask(final long nowNanos) {
        if (isAsked || moved.isEmpty() || (everAsked && nowNanos - askedNanos < intervalNanos)) {
            return 0;
        }
        asked = moved;
        moved = new HashMap<>();
        isAsked = true;
        everAsked = true;
        askedNanos = nowNanos;
        questions++;
        return ++lastToken;
    }

    /** Everything written before this question is on disk. */
    void answered(final long token) {
        if (isAsked && token == lastToken) {
            asked.forEach((origin, version) -> durable.merge(origin, version, Math::max));
            isAsked = false;
        }
    }

    /** Nobody asks for this log any more. */
    void forget(final Origin origin) {
        durable.remove(origin);
        moved.remove(origin);
    }

    /** The log is on disk up to here; 0 when nothing is known. */
    long of(final Origin origin) {
        return durable.getOrDefault(origin, 0L);
    }

    /** Questions asked so far. */
    long questions() {
        return questions;
    }

    /** The vector went back to nothing: an answer that is still to come says nothing. */
    void clear() {
        durable.clear();
        moved.clear();
        isAsked = false;
        asked = Map.of();
        lastToken++;
    }
}
