package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Brings writes into the log: tries each, here when this node leads, else at the leader, until it is done or the time
 * is up. Trying again is safe, since an entry's request id is applied once.
 *
 * <p><i>Thread:</i> any; nothing blocks. A write waits without a thread; its steps run on the catalog's writers, one
 * after the other, never on Raft's own threads. <i>Lifecycle:</i> {@code close} ends what is under way.
 */
final class CatalogWriter implements AutoCloseable {
    /** From the call to giving up: whoever asked shall have the answer within three seconds. */
    static final long WRITE_MILLIS_MAX = 2_800;
    /** One try; less than a write, so that a leader that died silently leaves time for the next one. */
    static final long ATTEMPT_MILLIS_MAX = 1_400;
    /** After a write is done elsewhere, until this node must have applied it. */
    static final long CATCH_UP_MILLIS_MAX = 700;

    private static final long BACKOFF_MILLIS_MIN = 20;
    /** Looking whether there is a leader by now costs nothing, and a new one should not stand idle. */
    private static final long BACKOFF_MILLIS_MAX = 80;
    /** Who has too much to do, or says nothing, is not to be asked as often. */
    private static final long BACKOFF_BUSY_MILLIS_MAX = 400;

    private final Supplier<RaftNode> raft;
    private final Supplier<RaftPeer> leader;
    private final Forwarder forwarder;
    private final CatalogState state;
    private final CatalogThreads threads;
    private final int writesMax;
    private final Semaphore places;
    private final CatchUp catchUp;
    private final Set<Write> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param leader the leader as this node knows it, as a voter or not; null = none
     * @param writesMax how many may be under way; the next one is refused
     */
    CatalogWriter(
            final CatalogConfig config,
            final Supplier<RaftNode> raft,
            final Supplier<RaftPeer> leader,
            final Forwarder forwarder,
            final CatalogState state,
            final CatalogThreads threads,
            final int writesMax) {
        this.raft = raft;
        this.leader = leader;
        this.forwarder = forwarder;
        this.state = state;
        this.threads = threads;
        this.writesMax = writesMax;
        this.places = new Semaphore(writesMax);
        this.catchUp = new CatchUp(config, raft, state, threads);
    }

    /**
     * Writes an encoded command; completes when this node has applied it. Fails with a {@link RegistryException}:
     * UNAVAILABLE: it did not happen; INDETERMINATE: it may have; OVERLOADED; INTERNAL.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime}
     */
    CompletableFuture<CatalogResult> write(final byte[] entry, final long deadlineNanos) {
        if (!places.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    RatisErrors.overloaded("more than " + writesMax + " catalog writes are under way"));
        }
        final Write write = new Write(entry, deadlineNanos);
        underWay.add(write);
        write.result.whenComplete((result, thrown) -> {
            underWay.remove(write);
            places.release();
        });
        write.begin();
        if (closed) {
            write.abandon();
        }
        return write.result;
    }

    /** How many are under way. */
    int underWay() {
        return writesMax - places.availablePermits();
    }

    /** One try; completes with how it ended, on any thread. */
    private CompletableFuture<Attempt> attempt(final byte[] entry, final long millisMax) {
        final RaftNode node = raft.get();
        if (node != null && node.isLeader()) {
            return here(node, entry);
        }
        final RaftPeer leading = leader.get();
        if (leading == null || (node != null && leading.getId().equals(node.id()))) {
            return ended(Attempt.notDone("no leader is known"));
        }
        return forwarder
                .sendAsync(leading, entry, RaftClientRequest.writeRequestType(), millisMax)
                .handle(CatalogWriter::attempt);
    }

    private static Attempt attempt(final RaftClientReply reply, final Throwable thrown) {
        return thrown == null ? RatisErrors.attempt(reply) : RatisErrors.attempt(thrown);
    }

    private static CompletableFuture<Attempt> here(final RaftNode node, final byte[] entry) {
        if (!node.isLeaderReady()) {
            return ended(Attempt.notDone("the new leader is not ready"));
        }
        if (!node.hearsMajority()) {
            return ended(Attempt.notDone("the leader does not hear a majority"));
        }
        try {
            return node.write(entry).handle(CatalogWriter::attempt);
        } catch (final IOException | RuntimeException e) {
            return ended(RatisErrors.attempt(e));
        }
    }

    private static CompletableFuture<Attempt> ended(final Attempt attempt) {
        return CompletableFuture.completedFuture(attempt);
    }

    /** Ends what is under way; what comes later is refused. */
    @Override
    public void close() {
        closed = true;
        underWay.forEach(Write::abandon);
    }

    /** One write. Its steps follow each other, each on one of the writers' threads. */
    private final class Write {
        private final byte[] entry;
        private final long deadlineNanos;
        private final CompletableFuture<CatalogResult> result = new CompletableFuture<>();
        /** It may be in the log. Under this lock, with the next two. */
        private boolean maybeDone;

        private boolean isTrying;
        private boolean isAbandoned;
        private long backoffMillis = BACKOFF_MILLIS_MIN;

        Write(final byte[] entry, final long deadlineNanos) {
            this.entry = entry;
            this.deadlineNanos = deadlineNanos;
        }

        void begin() {
            step(this::attempt);
        }

        private void step(final Runnable step) {
            try {
                threads.writers().execute(step);
            } catch (final RejectedExecutionException e) {
                abandon();
            }
        }

        private void attempt() {
            final long leftMillis = millisUntil(deadlineNanos);
            if (leftMillis <= 0) {
                giveUp(Attempt.notDone("there was no time to try"));
                return;
            }
            final long millis = Math.min(ATTEMPT_MILLIS_MAX, leftMillis);
            synchronized (this) {
                if (isAbandoned) {
                    return;
                }
                isTrying = true;
            }
            CatalogWriter.this
                    .attempt(entry, millis)
                    .completeOnTimeout(
                            Attempt.unknown("the voters did not confirm it in time"), millis, TimeUnit.MILLISECONDS)
                    .exceptionally(RatisErrors::attempt)
                    .thenAccept(attempt -> step(() -> tried(attempt)));
        }

        private void tried(final Attempt attempt) {
            synchronized (this) {
                maybeDone |= attempt.kind() == Attempt.Kind.UNKNOWN || attempt.kind() == Attempt.Kind.DONE;
                isTrying = false;
            }
            if (attempt.kind() == Attempt.Kind.DONE) {
                awaitApplied(attempt.result());
            } else if (attempt.kind() == Attempt.Kind.BROKEN || backoffMillis >= millisUntil(deadlineNanos)) {
                giveUp(attempt);
            } else {
                again(attempt.kind());
            }
        }

        private void again(final Attempt.Kind last) {
            final long millis = backoffMillis;
            backoffMillis = Math.min(
                    backoffMillis * 2, last == Attempt.Kind.NOT_DONE ? BACKOFF_MILLIS_MAX : BACKOFF_BUSY_MILLIS_MAX);
            try {
                threads.later(millis, this::begin);
            } catch (final RejectedExecutionException e) {
                abandon();
            }
        }

        private void awaitApplied(final CatalogResult done) {
            final CompletableFuture<Void> applied = state.whenApplied(done.index());
            if (applied.isDone()) {
                result.complete(done);
                return;
            }
            catchUp.until(applied);
            applied.orTimeout(Math.max(1, millisUntil(deadlineNanos) + CATCH_UP_MILLIS_MAX), TimeUnit.MILLISECONDS)
                    .whenComplete((nothing, thrown) -> step(() -> appliedHere(done, thrown == null)));
        }

        private void appliedHere(final CatalogResult done, final boolean isApplied) {
            if (isApplied) {
                result.complete(done);
            } else {
                result.completeExceptionally(new RegistryException(
                        ErrorCode.INDETERMINATE,
                        "the catalog has taken the write, but this node has not applied it yet; read again in a"
                                + " moment"));
            }
        }

        private void giveUp(final Attempt last) {
            final boolean maybe;
            synchronized (this) {
                maybe = maybeDone;
            }
            result.completeExceptionally(RatisErrors.gaveUp(maybe, last));
        }

        /** This node closes: what was sent may still happen. */
        void abandon() {
            final boolean maybe;
            synchronized (this) {
                isAbandoned = true;
                maybe = maybeDone || isTrying;
            }
            result.completeExceptionally(
                    maybe ? RatisErrors.gaveUp(true, Attempt.unknown("this node is closing")) : RatisErrors.closing());
        }

        private long millisUntil(final long nanos) {
            return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
        }
    }
}
