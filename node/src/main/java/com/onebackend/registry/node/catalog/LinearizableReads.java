package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads that see every write acknowledged before them: an entry that changes nothing goes through the log, and what
 * was acknowledged before is applied here when it is. Those who ask while one is under way share the next one, so that
 * there is never more than one of a node, however many readers there are.
 *
 * <p>Not Raft's read index: Ratis confirms an index with a majority once, and answers from then on without asking as
 * long as nothing is committed. A leader that was cut off would tell what was, until it notices; that takes it longer
 * than it takes the others to elect another one.
 *
 * <p>Bounded: {@link #UNDER_WAY_MAX}; one more is refused with OVERLOADED.
 *
 * <p><i>Thread:</i> any; nothing blocks.
 */
final class LinearizableReads {
    static final int UNDER_WAY_MAX = 1_024;

    private final String self;
    private final Supplier<RaftNode> raft;
    private final CatalogWriter writer;
    private final CatalogCounters counters;
    private final Semaphore places = new Semaphore(UNDER_WAY_MAX);
    /** For those who came after the entry under way was sent; null = nobody. */
    private CompletableFuture<Long> next;

    private boolean isAsking;

    LinearizableReads(
            final String self,
            final Supplier<RaftNode> raft,
            final CatalogWriter writer,
            final CatalogCounters counters) {
        this.self = self;
        this.raft = raft;
        this.writer = writer;
        this.counters = counters;
    }

    /** Completes with the index that this node has applied; fails with UNAVAILABLE, OVERLOADED. */
    CompletableFuture<Long> read() {
        return counters.read(uncounted());
    }

    private CompletableFuture<Long> uncounted() {
        final RaftNode node = raft.get();
        if (node != null && node.isRunning() && node.isLeader() && !node.hearsMajority()) {
            return CompletableFuture.failedFuture(RatisErrors.read(new IOException("no majority is in touch")));
        }
        if (!places.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    RatisErrors.overloaded("more than " + UNDER_WAY_MAX + " consistent reads are under way"));
        }
        return shared().whenComplete((index, failure) -> places.release());
    }

    private CompletableFuture<Long> shared() {
        final CompletableFuture<Long> mine;
        synchronized (this) {
            if (next == null) {
                next = new CompletableFuture<>();
            }
            mine = next;
        }
        begin();
        return mine;
    }

    private void begin() {
        final CompletableFuture<Long> batch;
        synchronized (this) {
            if (isAsking || next == null) {
                return;
            }
            isAsking = true;
            batch = next;
            next = null;
        }
        final CatalogCommand nothing =
                new CatalogCommand.Noop(new CatalogCommand.Proposal(new UUID(0, 0), System.currentTimeMillis(), self));
        final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RatisSettings.READ_MILLIS_MAX);
        writer.write(CatalogCodec.encode(nothing), deadlineNanos).whenComplete((result, failure) -> {
            synchronized (this) {
                isAsking = false;
            }
            // Before the readers are told: what they do next takes its time.
            begin();
            if (failure == null) {
                batch.complete(result.index());
            } else {
                batch.completeExceptionally(refusal(failure));
            }
        });
    }

    private static RegistryException refusal(final Throwable failure) {
        final Throwable cause = RatisErrors.unwrap(failure);
        return cause instanceof RegistryException refusal && refusal.error().code() == ErrorCode.OVERLOADED
                ? refusal
                : RatisErrors.read(cause);
    }
}
