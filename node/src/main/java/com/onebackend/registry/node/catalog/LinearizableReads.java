package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftClientReply;

/**
 * Reads that see every write acknowledged before them: by Raft's read index where this node votes, else by asking the
 * leader.
 *
 * <p>Bounded: {@link #UNDER_WAY_MAX}; one more is refused with OVERLOADED.
 *
 * <p><i>Thread:</i> any; nothing blocks.
 */
final class LinearizableReads {
    static final int UNDER_WAY_MAX = 1_024;

    private final Supplier<RaftNode> raft;
    private final RemoteReads remote;
    private final CatalogCounters counters;
    private final Semaphore places = new Semaphore(UNDER_WAY_MAX);

    LinearizableReads(final Supplier<RaftNode> raft, final RemoteReads remote, final CatalogCounters counters) {
        this.raft = raft;
        this.remote = remote;
        this.counters = counters;
    }

    /** Completes with the index that this node has applied; fails with UNAVAILABLE, OVERLOADED. */
    CompletableFuture<Long> read() {
        return counters.read(uncounted());
    }

    private CompletableFuture<Long> uncounted() {
        final RaftNode node = raft.get();
        final boolean votes = node != null && node.isRunning();
        if (votes && node.isLeader() && !node.hearsMajority()) {
            return CompletableFuture.failedFuture(RatisErrors.read(new IOException("no majority is in touch")));
        }
        if (!places.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    RatisErrors.overloaded("more than " + UNDER_WAY_MAX + " consistent reads are under way"));
        }
        return (votes ? ask(node) : remote.read()).whenComplete((index, failure) -> places.release());
    }

    private static CompletableFuture<Long> ask(final RaftNode node) {
        final CompletableFuture<Long> answer = new CompletableFuture<>();
        try {
            node.read().whenComplete((reply, thrown) -> answer(answer, reply, thrown));
        } catch (final IOException | RuntimeException e) {
            answer.completeExceptionally(RatisErrors.read(e));
        }
        return answer;
    }

    private static void answer(
            final CompletableFuture<Long> answer, final RaftClientReply reply, final Throwable thrown) {
        try {
            if (thrown != null) {
                answer.completeExceptionally(RatisErrors.read(thrown));
            } else if (!reply.isSuccess()) {
                answer.completeExceptionally(RatisErrors.read(reply.getException()));
            } else {
                answer.complete(
                        CatalogCodec.decodeIndex(reply.getMessage().getContent().toByteArray()));
            }
        } catch (final RuntimeException e) {
            answer.completeExceptionally(RatisErrors.read(e));
        }
    }
}
