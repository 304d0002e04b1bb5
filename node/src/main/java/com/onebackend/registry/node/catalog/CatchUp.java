package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.FeedPeers.Candidate;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.wire.WireException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftPeer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a voter that waits for an index going: what the leader told of it may have come before this node's own disk had
 * the entry, and the next word of it is a heartbeat away; Raft sends none sooner for an index that it has told. The
 * leader is asked for what it has applied, as a node without a vote asks: the state takes the log from whoever
 * brings it.
 *
 * <p><i>Thread:</i> any; does not block. <i>Invariants:</i> one question is under way at most, however many wait.
 */
final class CatchUp {
    private static final long FIRST_MILLIS = 15;
    private static final long MILLIS_MAX = 160;
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);

    private final CatalogConfig config;
    private final Supplier<RaftNode> raft;
    private final CatalogState state;
    private final CatalogThreads threads;
    private final AtomicBoolean isAsking = new AtomicBoolean();

    /** @param raft this node's Raft server; null when it has none: then it follows, and is told as entries come */
    CatchUp(
            final CatalogConfig config,
            final Supplier<RaftNode> raft,
            final CatalogState state,
            final CatalogThreads threads) {
        this.config = config;
        this.raft = raft;
        this.state = state;
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
                    again(applied, Math.min(millis * 2, MILLIS_MAX));
                    threads.writers().execute(this::ask);
                }
            });
        } catch (final RejectedExecutionException e) {
            LOG.debug("catalog is closing", e);
        }
    }

    private void ask() {
        final RaftNode node = raft.get();
        final RaftPeer leading = node == null || node.isLeader() ? null : node.leader();
        if (leading == null || !isAsking.compareAndSet(false, true)) {
            return;
        }
        try {
            final Optional<Candidate> source = config.peers().candidates().stream()
                    .filter(candidate ->
                            candidate.nodeId().equals(leading.getId().toString()))
                    .findFirst();
            if (source.isEmpty()) {
                isAsking.set(false);
                return;
            }
            final FeedPoll poll = new FeedPoll(state.epoch(), state.appliedIndex(), 0, 0);
            config.peers()
                    .request(source.get(), FeedCodec.encode(poll), TIMEOUT)
                    .whenComplete((bytes, thrown) -> answered(poll, bytes, thrown));
        } catch (final RuntimeException e) {
            isAsking.set(false);
            LOG.debug("catalog catches up by itself reason={}", RatisErrors.reason(e));
        }
    }

    private void answered(final FeedPoll poll, final byte[] bytes, final Throwable thrown) {
        if (thrown != null) {
            isAsking.set(false);
            return;
        }
        try {
            threads.writers().execute(() -> take(poll, bytes));
        } catch (final RejectedExecutionException e) {
            isAsking.set(false);
        }
    }

    private void take(final FeedPoll poll, final byte[] bytes) {
        try {
            final FeedAnswer answer = FeedCodec.decodeAnswer(bytes);
            if (answer.epoch().equals(poll.epoch()) && !answer.needsCopy()) {
                state.follow(poll.epoch(), poll.applied(), answer.entries(), answer.upTo());
            }
        } catch (final WireException e) {
            LOG.debug("catalog catches up by itself", e);
        } catch (final StorageException e) {
            config.onFatal().onFatal("a catalog entry could not be applied: " + e.getMessage(), e);
        } finally {
            isAsking.set(false);
        }
    }
}
