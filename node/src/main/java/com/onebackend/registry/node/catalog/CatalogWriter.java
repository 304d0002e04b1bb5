package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Brings one write into the log: tries, here when this node leads, else at the leader, until it is done or the time is
 * up. Trying again is safe, since an entry's request id is applied once.
 *
 * <p><i>Thread:</i> a writer's own; calls block.
 */
final class CatalogWriter {
    /** From the call to giving up. */
    static final long WRITE_MILLIS_MAX = 3_000;
    /** One try; less than a write, so that a leader that died silently leaves time for the next one. */
    static final long ATTEMPT_MILLIS_MAX = 1_500;
    /** After a write is done elsewhere, until this node must have applied it. */
    static final long CATCH_UP_MILLIS_MAX = 700;

    private static final long BACKOFF_MILLIS_MIN = 50;
    private static final long BACKOFF_MILLIS_MAX = 400;

    private final Supplier<RaftNode> raft;
    private final Supplier<RaftPeer> leader;
    private final Forwarder forwarder;
    private final CatalogState state;

    /** @param leader the leader as this node knows it, as a voter or not; null = none */
    CatalogWriter(
            final Supplier<RaftNode> raft,
            final Supplier<RaftPeer> leader,
            final Forwarder forwarder,
            final CatalogState state) {
        this.raft = raft;
        this.leader = leader;
        this.forwarder = forwarder;
        this.state = state;
    }

    /**
     * Writes an encoded command; returns when this node has applied it.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime}
     * @throws RegistryException UNAVAILABLE: it did not happen; INDETERMINATE: it may have; OVERLOADED; INTERNAL
     */
    CatalogResult write(final byte[] entry, final long deadlineNanos) throws InterruptedException {
        boolean maybeDone = false;
        Attempt attempt = Attempt.notDone("there was no time to try");
        long backoffMillis = BACKOFF_MILLIS_MIN;
        try {
            while (millisUntil(deadlineNanos) > 0) {
                attempt = attempt(entry, Math.min(ATTEMPT_MILLIS_MAX, millisUntil(deadlineNanos)));
                if (attempt.kind() == Attempt.Kind.DONE) {
                    return appliedHere(attempt.result(), deadlineNanos);
                }
                maybeDone |= attempt.kind() == Attempt.Kind.UNKNOWN;
                if (attempt.kind() == Attempt.Kind.BROKEN || backoffMillis >= millisUntil(deadlineNanos)) {
                    break;
                }
                TimeUnit.MILLISECONDS.sleep(backoffMillis);
                backoffMillis = Math.min(backoffMillis * 2, BACKOFF_MILLIS_MAX);
            }
        } catch (final InterruptedException e) {
            if (maybeDone) {
                throw RatisErrors.gaveUp(true, Attempt.unknown("this node is closing"));
            }
            throw e;
        }
        throw RatisErrors.gaveUp(maybeDone, attempt);
    }

    private CatalogResult appliedHere(final CatalogResult result, final long deadlineNanos)
            throws InterruptedException {
        final long untilNanos = deadlineNanos + TimeUnit.MILLISECONDS.toNanos(CATCH_UP_MILLIS_MAX);
        if (!state.awaitApplied(result.index(), untilNanos)) {
            throw new RegistryException(
                    ErrorCode.INDETERMINATE,
                    "the catalog has taken the write, but this node has not applied it yet; read again in a moment");
        }
        return result;
    }

    private Attempt attempt(final byte[] entry, final long millisMax) throws InterruptedException {
        final RaftNode node = raft.get();
        if (node != null && node.isLeader()) {
            return here(node, entry, millisMax);
        }
        final RaftPeer leading = leader.get();
        if (leading == null || (node != null && leading.getId().equals(node.id()))) {
            return Attempt.notDone("no leader is known");
        }
        try {
            final RaftClientReply reply =
                    forwarder.send(leading, entry, RaftClientRequest.writeRequestType(), millisMax);
            return RatisErrors.attempt(reply, false);
        } catch (final IOException | RuntimeException e) {
            return RatisErrors.attempt(e, false);
        }
    }

    private static Attempt here(final RaftNode node, final byte[] entry, final long millisMax)
            throws InterruptedException {
        if (!node.isLeaderReady()) {
            return Attempt.notDone("the new leader is not ready");
        }
        if (!node.hearsMajority()) {
            return Attempt.notDone("the leader does not hear a majority");
        }
        boolean atTheDoor = true;
        try {
            final CompletableFuture<RaftClientReply> reply = node.write(entry);
            atTheDoor = reply.isDone();
            return RatisErrors.attempt(reply.get(millisMax, TimeUnit.MILLISECONDS), atTheDoor);
        } catch (final TimeoutException e) {
            return Attempt.unknown("the voters did not confirm it in time");
        } catch (final IOException | ExecutionException | RuntimeException e) {
            return RatisErrors.attempt(e, atTheDoor);
        }
    }

    private static long millisUntil(final long deadlineNanos) {
        return TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    }
}
