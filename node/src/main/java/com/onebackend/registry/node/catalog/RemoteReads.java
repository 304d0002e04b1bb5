package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Linearizable reads of a node without a vote: asks the leader how far the log is committed, then waits until this node
 * has applied as much. Those who ask while a question is under way share the next one, so that there is never more than
 * one, however many readers there are.
 *
 * <p><i>Thread:</i> any.
 */
final class RemoteReads {
    private static final long RETRY_MILLIS = 50;
    private static final byte[] NOTHING = new byte[0];

    private final Supplier<RaftPeer> leader;
    private final Forwarder forwarder;
    private final CatalogState state;
    private final CatalogThreads threads;
    /** For those who came after the question under way was sent; null = nobody. */
    private CompletableFuture<Long> next;

    private boolean isAsking;

    RemoteReads(
            final Supplier<RaftPeer> leader,
            final Forwarder forwarder,
            final CatalogState state,
            final CatalogThreads threads) {
        this.leader = leader;
        this.forwarder = forwarder;
        this.state = state;
        this.threads = threads;
    }

    /** Completes with the index that this node has applied, or fails with UNAVAILABLE. */
    CompletableFuture<Long> read() {
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
        threads.background(() -> batch.complete(ask())).whenComplete((done, failure) -> {
            synchronized (this) {
                isAsking = false;
            }
            if (failure != null) {
                batch.completeExceptionally(failure);
            }
            begin();
        });
    }

    private long ask() throws InterruptedException {
        final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RatisSettings.READ_MILLIS_MAX);
        IOException last = new IOException("no leader is known");
        while (System.nanoTime() - deadlineNanos < 0) {
            final RaftPeer leading = leader.get();
            if (leading != null) {
                try {
                    return appliedHere(leading, deadlineNanos);
                } catch (final IOException e) {
                    last = e;
                }
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
        throw RatisErrors.read(last);
    }

    private long appliedHere(final RaftPeer leading, final long deadlineNanos)
            throws IOException, InterruptedException {
        final long millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        final RaftClientReply reply = forwarder.send(
                leading,
                NOTHING,
                RaftClientRequest.readRequestType(),
                Math.max(1, Math.min(millis, CatalogWriter.ATTEMPT_MILLIS_MAX)));
        if (!reply.isSuccess()) {
            throw reply.getException();
        }
        final long index =
                CatalogCodec.decodeIndex(reply.getMessage().getContent().toByteArray());
        final long untilNanos = deadlineNanos + TimeUnit.MILLISECONDS.toNanos(CatalogWriter.CATCH_UP_MILLIS_MAX);
        if (!state.awaitApplied(index, untilNanos)) {
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE,
                    "this node has not caught up with the catalog yet; retry, or read without consistency=strong");
        }
        return index;
    }
}
