package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The latest pushes that were applied here, whole, for members that missed them. They cannot be made again from what is
 * stored: a push leaves nothing out, and what was superseded is no longer there.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> the pushes of one origin follow each other without a gap; bytes and number are bounded, the
 * oldest go first.
 */
final class RecentPushes {
    static final int PUSHES_MAX = 4_096;
    static final long BYTES_MAX = 4L << 20;

    /** Pushes and bytes in one answer; who lacks more asks again, or syncs. */
    static final int ANSWER_PUSHES_MAX = 64;

    static final long ANSWER_BYTES_MAX = 512L << 10;

    private final Map<Origin, Deque<Kept>> byOrigin = new TreeMap<>();
    /** In order of arrival; one that was dropped from its origin's row stays until it is the oldest. */
    private final Deque<Kept> arrivals = new ArrayDeque<>();

    private long bytes;

    private record Kept(LogMessage.Push push, long bytes) {}

    /** A push was applied, or made here. */
    void add(final LogMessage.Push push) {
        final Deque<Kept> row = byOrigin.computeIfAbsent(push.origin(), origin -> new ArrayDeque<>());
        if (!row.isEmpty() && row.peekLast().push().head() != push.base()) {
            // A sync filled what is between: an answer that leaves it out would do harm.
            row.clear();
        }
        final Kept kept = new Kept(push, push.estimatedBytes());
        row.addLast(kept);
        arrivals.addLast(kept);
        bytes += kept.bytes();
        while (arrivals.size() > PUSHES_MAX || bytes > BYTES_MAX) {
            dropOldest();
        }
    }

    /** The pushes after {@code base}, in order; empty when the first of them is no longer here. */
    List<LogMessage.Push> after(final Origin origin, final long base) {
        final List<LogMessage.Push> answer = new ArrayList<>();
        long reached = base;
        long answerBytes = 0;
        for (final Kept kept : byOrigin.getOrDefault(origin, new ArrayDeque<>())) {
            if (kept.push().head() <= reached) {
                continue;
            }
            if (kept.push().base() > reached || answer.size() == ANSWER_PUSHES_MAX || answerBytes > ANSWER_BYTES_MAX) {
                break;
            }
            answer.add(kept.push());
            answerBytes += kept.bytes();
            reached = kept.push().head();
        }
        return answer;
    }

    private void dropOldest() {
        final Kept oldest = arrivals.pollFirst();
        bytes -= oldest.bytes();
        final Deque<Kept> row = byOrigin.get(oldest.push().origin());
        // Heads of one origin only rise, so a head is one push.
        if (row != null && row.peekFirst().push().head() == oldest.push().head()) {
            row.pollFirst();
        }
        if (row != null && row.isEmpty()) {
            byOrigin.remove(oldest.push().origin());
        }
    }
}
