package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a voter that waits for an index going: what the leader told of it may have come before this node's own disk had
 * the entry, and the next word of it is a heartbeat away. Asking for a consistent read brings that heartbeat now.
 *
 * <p><i>Thread:</i> any; does not block. <i>Invariants:</i> one question is under way at most, however many wait.
 */
final class CatchUp {
    private static final long FIRST_MILLIS = 10;
    private static final long MILLIS_MAX = 160;

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);

    private final Supplier<RaftNode> raft;
    private final CatalogThreads threads;
    private final AtomicBoolean isAsking = new AtomicBoolean();

    /** @param raft this node's Raft server; null when it has none: then it follows, and is told as entries come */
    CatchUp(final Supplier<RaftNode> raft, final CatalogThreads threads) {
        this.raft = raft;
        this.threads = threads;
    }

    /** Asks from time to time until {@code applied} is done. */
    void until(final CompletableFuture<Void> applied) {
        again(applied, FIRST_MILLIS);
    }

    private void again(final CompletableFuture<Void> applied, final long millis) {
        try {
            threads.later(millis, () -> {
                if (!applied.isDone()) {
                    threads.writers().execute(this::ask);
                    again(applied, Math.min(millis * 2, MILLIS_MAX));
                }
            });
        } catch (final RejectedExecutionException e) {
            LOG.debug("catalog is closing", e);
        }
    }

    private void ask() {
        final RaftNode node = raft.get();
        if (node == null || node.isLeader() || !isAsking.compareAndSet(false, true)) {
            return;
        }
        try {
            node.read().whenComplete((reply, thrown) -> isAsking.set(false));
        } catch (final IOException | RuntimeException e) {
            isAsking.set(false);
            LOG.debug("catalog catches up by itself reason={}", RatisErrors.reason(e));
        }
    }
}
