package com.onebackend.registry.node.catalog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The end of the catalog's log as this node has applied it, for nodes without a vote that follow it. A question that
 * has no answer yet waits here until an entry comes or its time is up.
 *
 * <p>Bounded: {@link #ENTRIES_MAX} entries of {@link #BYTES_MAX} together; who is further behind takes a whole copy.
 * {@link #WAITING_MAX} questions; one more is answered at once, with nothing.
 *
 * <p><i>Thread:</i> any. What is told by {@code began}, {@code took} and {@code passed} comes in the log's order, under
 * the state's lock. <i>Invariants:</i> every entry after {@code floor} up to {@code top} is here.
 */
final class CatalogFeed {
    static final int ENTRIES_MAX = 4_096;
    static final long BYTES_MAX = 16L << 20;
    static final int WAITING_MAX = 4_096;
    /** Entries of one answer; a single larger one goes alone. */
    static final int ANSWER_BYTES_MAX = 512 << 10;
    /** How long a question waits at most. */
    static final int WAIT_MILLIS_MAX = 10_000;

    private final ArrayDeque<FeedEntry> entries = new ArrayDeque<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private Runnable onNews = () -> {};
    private long bytes;
    private long floor;
    private long top;
    private CatalogEpoch epoch = CatalogEpoch.FIRST;
    private boolean isRecovering;

    /** What a source knows beside its log. */
    record View(String leaderId, List<CatalogPeer> voters, long ageMillis) {}

    private record Waiting(FeedPoll poll, long untilNanos, CompletableFuture<FeedAnswer> answer) {}

    /** Told, on the thread that applies, that {@link #flush} has something to do; must not block. */
    synchronized void onNews(final Runnable listener) {
        onNews = listener;
    }

    /** The state begins here: it was read from disk, or replaced by a copy. */
    synchronized void began(final long index, final CatalogEpoch inEpoch) {
        entries.clear();
        bytes = 0;
        floor = index;
        top = index;
        epoch = inEpoch;
        news();
    }

    /** Whether this node is about to recover the catalog by force; whoever asks from now on is told so. */
    synchronized void recovering(final boolean now) {
        isRecovering = now;
    }

    /** An entry was applied. */
    synchronized void took(final FeedEntry entry) {
        entries.addLast(entry);
        bytes += entry.bytes().length;
        top = entry.index();
        while (entries.size() > ENTRIES_MAX || bytes > BYTES_MAX) {
            final FeedEntry eldest = entries.removeFirst();
            bytes -= eldest.bytes().length;
            floor = eldest.index();
        }
        news();
    }

    /** The log went on without an entry for the catalog. */
    synchronized void passed(final long index) {
        if (index > top) {
            top = index;
            news();
        }
    }

    private void news() {
        if (!waiting.isEmpty()) {
            onNews.run();
        }
    }

    /** The lowest position from which somebody can follow. */
    synchronized long floor() {
        return floor;
    }

    /**
     * Answers, perhaps later.
     *
     * @param view what this node knows now
     */
    CompletableFuture<FeedAnswer> poll(final FeedPoll poll, final View view, final long nowNanos) {
        final CompletableFuture<FeedAnswer> answer = new CompletableFuture<>();
        synchronized (this) {
            if (!isDue(poll, view) && poll.waitMillis() > 0 && waiting.size() < WAITING_MAX) {
                final long waitMillis = Math.min(poll.waitMillis(), WAIT_MILLIS_MAX);
                waiting.add(new Waiting(poll, nowNanos + TimeUnit.MILLISECONDS.toNanos(waitMillis), answer));
                return answer;
            }
        }
        answer.complete(answer(poll, view));
        return answer;
    }

    /** Answers the questions that have an answer by now, or have waited long enough. */
    void flush(final View view, final long nowNanos) {
        final List<Waiting> due = new ArrayList<>();
        synchronized (this) {
            final Iterator<Waiting> each = waiting.iterator();
            while (each.hasNext()) {
                final Waiting next = each.next();
                if (next.untilNanos() - nowNanos <= 0 || isDue(next.poll(), view)) {
                    each.remove();
                    due.add(next);
                }
            }
        }
        due.forEach(ready -> ready.answer().complete(answer(ready.poll(), view)));
    }

    /** Ends all waiting; what is asked later is answered as ever. */
    void close() {
        final List<Waiting> left;
        synchronized (this) {
            left = List.copyOf(waiting);
            waiting.clear();
        }
        left.forEach(ended -> ended.answer().completeExceptionally(RatisErrors.closing()));
    }

    private boolean isDue(final FeedPoll poll, final View view) {
        return !poll.epoch().equals(epoch)
                || poll.applied() != top
                || poll.view() != FeedAnswer.viewOf(view.leaderId(), view.voters());
    }

    private synchronized FeedAnswer answer(final FeedPoll poll, final View view) {
        final boolean isBehind =
                epoch.isAheadOf(poll.epoch()) || (poll.epoch().equals(epoch) && poll.applied() < floor);
        final List<FeedEntry> batch =
                isBehind || !poll.epoch().equals(epoch) || poll.applied() >= top ? List.of() : after(poll.applied());
        final boolean isWhole = batch.isEmpty()
                || batch.get(batch.size() - 1).index() == entries.getLast().index();
        final long upTo = isWhole ? top : batch.get(batch.size() - 1).index();
        return new FeedAnswer(
                epoch, upTo, batch, isBehind, !isWhole, view.leaderId(), view.voters(), view.ageMillis(), isRecovering);
    }

    private List<FeedEntry> after(final long position) {
        final List<FeedEntry> later = new ArrayList<>();
        final Iterator<FeedEntry> backwards = entries.descendingIterator();
        while (backwards.hasNext()) {
            final FeedEntry entry = backwards.next();
            if (entry.index() <= position) {
                break;
            }
            later.add(entry);
        }
        Collections.reverse(later);
        int size = 0;
        for (int i = 0; i < later.size(); i++) {
            size += later.get(i).bytes().length;
            if (size > ANSWER_BYTES_MAX && i > 0) {
                return List.copyOf(later.subList(0, i));
            }
        }
        return later;
    }
}
