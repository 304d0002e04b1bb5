package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other voters at once how far the log is committed. They would learn it with the next entry, or else with
 * the next heartbeat, a quarter of a second later; and whoever wrote at one of them waits until it has applied the
 * write. A consistent read makes the leader send heartbeats now, so the leader asks itself for one whenever the last
 * entry of its log is applied. While entries follow each other, they tell.
 *
 * <p><i>Thread:</i> any; does not block. <i>Invariants:</i> one push is under way at most, and none is due after it.
 */
final class CommitPush {
    private static final Logger LOG = LoggerFactory.getLogger(CommitPush.class);

    private final Supplier<RaftNode> raft;
    /** Asking Raft blocks until one of its own threads has taken the question, and that may wait for its updater. */
    private final Executor asking;

    private final AtomicBoolean isPushing = new AtomicBoolean();
    private volatile long appliedIndex;
    private volatile long pushedIndex;

    /** @param raft this node's Raft server; null when it has none */
    CommitPush(final Supplier<RaftNode> raft, final Executor asking) {
        this.raft = raft;
        this.asking = asking;
    }

    /** This node has applied the entry. */
    void applied(final long index) {
        appliedIndex = index;
        pushIfDue();
    }

    private void pushIfDue() {
        final RaftNode node = raft.get();
        final long index = appliedIndex;
        if (node == null || index == pushedIndex || !isLast(node, index)) {
            return;
        }
        if (!isPushing.compareAndSet(false, true)) {
            return;
        }
        pushedIndex = index;
        try {
            asking.execute(() -> push(node));
        } catch (final RejectedExecutionException e) {
            isPushing.set(false);
        }
    }

    /**
     * As leader: nothing stands after {@code index}. A leader that was taken out of the group has ended, calls itself
     * the leader all the same, and its log is closed while this node follows another one already.
     */
    private static boolean isLast(final RaftNode node, final long index) {
        try {
            return node.isRunning() && node.isLeader() && node.endsWith(index);
        } catch (final IllegalStateException closed) {
            LOG.debug("catalog commit not pushed, Raft ends here", closed);
            return false;
        }
    }

    private void push(final RaftNode node) {
        try {
            node.read().whenComplete((reply, thrown) -> {
                isPushing.set(false);
                pushIfDue();
            });
        } catch (final IOException | RuntimeException e) {
            // The next heartbeat tells.
            isPushing.set(false);
            LOG.debug("catalog commit not pushed reason={}", RatisErrors.reason(e));
        }
    }
}
