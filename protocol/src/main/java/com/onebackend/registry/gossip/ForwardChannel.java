package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Origin;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The heartbeats on their way to one owner.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> an instance waits at most once, so there wait no more than the owner has.
 */
final class ForwardChannel {
    private final Origin owner;
    private final Set<String> waiting = new LinkedHashSet<>();
    private final Deque<Batch> inFlight = new ArrayDeque<>();
    private long unansweredSinceNanos;
    private boolean isUnanswered;
    private boolean isSilent;

    /**
     * Sent and not acknowledged.
     *
     * @param instanceIds whom the versions stand for, in the same order
     */
    record Batch(long sequence, long sentNanos, List<Long> versions, List<String> instanceIds) {}

    ForwardChannel(final Origin owner) {
        this.owner = owner;
    }

    Origin owner() {
        return owner;
    }

    void add(final String instanceId) {
        waiting.add(instanceId);
    }

    /** Takes out up to so many of those who wait, the longest waiting first. */
    List<String> take(final int countMax) {
        final List<String> taken =
                waiting.stream().limit(Math.min(countMax, waiting.size())).toList();
        if (taken.size() == waiting.size()) {
            waiting.clear();
        } else {
            taken.forEach(waiting::remove);
        }
        return taken;
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** A batch is sent now; returns how many earlier ones were given up to make room. */
    int sent(final Batch batch, final int inFlightMax) {
        if (!isUnanswered) {
            isUnanswered = true;
            unansweredSinceNanos = batch.sentNanos();
        }
        int dropped = 0;
        while (inFlight.size() >= inFlightMax) {
            inFlight.pollFirst();
            dropped++;
        }
        inFlight.addLast(batch);
        return dropped;
    }

    /** The owner answered; null when the batch is not waited for any more. */
    Batch acknowledged(final long sequence) {
        Batch found = null;
        for (final Iterator<Batch> i = inFlight.iterator(); i.hasNext(); ) {
            final Batch batch = i.next();
            if (batch.sequence() == sequence) {
                found = batch;
                i.remove();
                break;
            }
        }
        isSilent = false;
        isUnanswered = !inFlight.isEmpty();
        if (isUnanswered) {
            unansweredSinceNanos = inFlight.peekFirst().sentNanos();
        }
        return found;
    }

    /** Gives up what is unanswered for too long; returns how many batches that were. */
    int expire(final long nowNanos, final long timeoutNanos) {
        int expired = 0;
        while (!inFlight.isEmpty() && nowNanos - inFlight.peekFirst().sentNanos() >= timeoutNanos) {
            inFlight.pollFirst();
            expired++;
        }
        isSilent = isUnanswered && nowNanos - unansweredSinceNanos >= timeoutNanos;
        return expired;
    }

    /** The owner is gone: what it did not acknowledge waits again. */
    void returned() {
        inFlight.forEach(batch -> waiting.addAll(batch.instanceIds()));
        inFlight.clear();
    }

    /** True when nothing was acknowledged for the timeout, until something is. */
    boolean isSilent() {
        return isSilent;
    }

    /** True when there is nothing to remember it for. */
    boolean isIdle() {
        return waiting.isEmpty() && inFlight.isEmpty() && !isSilent;
    }
}
