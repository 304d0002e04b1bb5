package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * What happened to the catalog on this node since it started, for figures. <i>Thread:</i> any; the listener of writes
 * runs on the thread that ends the write.
 */
public final class CatalogCounters {
    private final LongAdder readsDone = new LongAdder();
    private final LongAdder readsFailed = new LongAdder();
    private final LongAdder leaderChanges = new LongAdder();
    private final LongAdder snapshotsDone = new LongAdder();
    private final LongAdder snapshotsFailed = new LongAdder();
    private final LongAdder snapshotNanos = new LongAdder();
    private final LongAdder logFailures = new LongAdder();
    private volatile WriteListener onWrite = (outcome, nanos) -> {};
    private String lastLeader = "";

    /** How a write ended for who asked for it. */
    public enum Outcome {
        /** The catalog has it. */
        OK,
        /** The catalog was asked and said no. */
        REFUSED,
        /** It did not happen: no majority. */
        UNAVAILABLE,
        /** It may have happened or not. */
        UNKNOWN,
        /** It did not happen: too many at once. */
        OVERLOADED,
        /** A defect. */
        FAILED;

        static Outcome of(final CatalogResult result, final Throwable failure) {
            if (failure == null) {
                return result.isOk() ? OK : REFUSED;
            }
            final ErrorCode code = RatisErrors.unwrap(failure) instanceof RegistryException refusal
                    ? refusal.error().code()
                    : ErrorCode.INTERNAL;
            return switch (code) {
                case UNAVAILABLE -> UNAVAILABLE;
                case INDETERMINATE -> UNKNOWN;
                case OVERLOADED -> OVERLOADED;
                case INTERNAL -> FAILED;
                default -> REFUSED;
            };
        }

        /** For a label. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Told of every write that was asked for on this node. */
    @FunctionalInterface
    public interface WriteListener {
        /** A write ended, so long after it was asked for. Must not block. */
        void ended(Outcome outcome, long nanos);
    }

    /** From now on writes are told. */
    public void onWrite(final WriteListener listener) {
        onWrite = listener;
    }

    CompletableFuture<CatalogResult> write(final CompletableFuture<CatalogResult> write) {
        final long startNanos = System.nanoTime();
        return write.whenComplete(
                (result, failure) -> onWrite.ended(Outcome.of(result, failure), System.nanoTime() - startNanos));
    }

    CompletableFuture<Long> read(final CompletableFuture<Long> read) {
        return read.whenComplete((index, failure) -> (failure == null ? readsDone : readsFailed).increment());
    }

    /** On one thread at a time. */
    void leader(final String nodeId) {
        if (!nodeId.isEmpty() && !nodeId.equals(lastLeader)) {
            lastLeader = nodeId;
            leaderChanges.increment();
        }
    }

    void snapshot(final boolean done, final long nanos) {
        (done ? snapshotsDone : snapshotsFailed).increment();
        snapshotNanos.add(nanos);
    }

    void logFailed() {
        logFailures.increment();
    }

    /** Linearizable reads that were asked for on this node. */
    public long strongReads(final boolean done) {
        return (done ? readsDone : readsFailed).sum();
    }

    /** How often this node came to know another leader than before; the first one counts. */
    public long leaderChanges() {
        return leaderChanges.sum();
    }

    /** Snapshots of Raft taken here. */
    public long snapshots(final boolean done) {
        return (done ? snapshotsDone : snapshotsFailed).sum();
    }

    /** Seconds spent on all of them together. */
    public double snapshotSeconds() {
        return (double) snapshotNanos.sum() / TimeUnit.SECONDS.toNanos(1);
    }

    /** Times Raft's log could not be written; this node ends then. */
    public long logFailures() {
        return logFailures.sum();
    }
}
