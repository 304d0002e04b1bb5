package com.onebackend.registry.node.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/**
 * Those who wait until this node has applied an index.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> whoever waits is told once, outside of the lock; who has given up waits no
 * more.
 */
final class AppliedWaiters {
    private final PriorityQueue<Waiter> waiting = new PriorityQueue<>(Comparator.comparingLong(Waiter::index));
    private long reached;

    private record Waiter(long index, CompletableFuture<Void> told) {}

    /** Completes when the index is reached; on the thread that reaches it, or at once. */
    CompletableFuture<Void> await(final long index) {
        final CompletableFuture<Void> told = new CompletableFuture<>();
        final Waiter waiter = new Waiter(index, told);
        synchronized (this) {
            if (index <= reached) {
                told.complete(null);
                return told;
            }
            waiting.add(waiter);
        }
        told.whenComplete((done, thrown) -> {
            if (thrown != null) {
                giveUp(waiter);
            }
        });
        return told;
    }

    private synchronized void giveUp(final Waiter waiter) {
        waiting.remove(waiter);
    }

    /** Everything up to the index is applied; a recovered catalog may begin lower than the one before. */
    void reached(final long index) {
        final List<Waiter> due;
        synchronized (this) {
            reached = index;
            if (waiting.isEmpty() || waiting.peek().index() > index) {
                return;
            }
            due = new ArrayList<>();
            while (!waiting.isEmpty() && waiting.peek().index() <= index) {
                due.add(waiting.poll());
            }
        }
        due.forEach(waiter -> waiter.told().complete(null));
    }

    synchronized int size() {
        return waiting.size();
    }
}
