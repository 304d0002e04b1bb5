package com.onebackend.registry.node.gossip;

import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * What the core wants on disk, in order, and who waits until it is there.
 *
 * <p><i>Thread:</i> the gossip loop; only the writer's thread reports what is durable.
 */
final class DiskQueue {
    private final GossipLoop.InstanceLogWriter writer;
    private final int waitingMax;
    private final Runnable wake;
    private final AtomicLong durableVersion = new AtomicLong();
    private final AtomicLong durableToken = new AtomicLong();
    private final ArrayDeque<PendingBatch> unsubmitted = new ArrayDeque<>();
    private final ArrayDeque<Acknowledgement> unacknowledged = new ArrayDeque<>();
    private long committedVersion;
    private long syncedToken;
    private long writtenVersion;

    /**
     * Empty.
     *
     * @param waitingMax answers that may wait for the disk
     * @param wake run on the writer's thread when something became durable
     */
    DiskQueue(final GossipLoop.InstanceLogWriter writer, final int waitingMax, final Runnable wake) {
        this.writer = writer;
        this.waitingMax = waitingMax;
        this.wake = wake;
    }

    /** What waits for the writer: a batch, or, with a token, the wish that everything before it is on disk. */
    private record PendingBatch(LogBatch batch, long ownVersion, long token) {
        boolean isSync() {
            return ownVersion > 0 || token > 0;
        }
    }

    private record Acknowledgement(long version, Runnable durable, Runnable lost) {}

    /**
     * To be written.
     *
     * @param ownVersion the highest own version in it, 0 when there is none
     */
    void add(final LogBatch batch, final long ownVersion) {
        unsubmitted.add(new PendingBatch(batch, ownVersion, 0));
        writtenVersion = Math.max(writtenVersion, ownVersion);
    }

    /** Everything so far is to be on disk; {@link #synced} then says so with this token. */
    void sync(final long token) {
        unsubmitted.add(new PendingBatch(LogBatch.EMPTY, 0, token));
    }

    /** Tells {@code synced} the last token whose wish came true, once. */
    void synced(final LongConsumer synced) {
        final long token = durableToken.get();
        if (token != syncedToken) {
            syncedToken = token;
            synced.accept(token);
        }
    }

    /** False while the writer does not keep up: then nothing new should be begun. */
    boolean isTakenUp() {
        return unsubmitted.isEmpty();
    }

    /** True when another answer may wait. */
    boolean hasRoom() {
        return unacknowledged.size() < waitingMax;
    }

    /** Answers that wait for the disk. */
    int waiting() {
        return unacknowledged.size();
    }

    /** Runs {@code durable} once every own write so far is on disk, {@code lost} when that will not be. */
    void whenDurable(final Runnable durable, final Runnable lost) {
        if (durableVersion.get() >= writtenVersion) {
            durable.run();
        } else {
            unacknowledged.add(new Acknowledgement(writtenVersion, durable, lost));
        }
    }

    /** Tells {@code committed} the highest own version on disk when it rose, then answers who waited for it. */
    void acknowledge(final LongConsumer committed) {
        final long durable = durableVersion.get();
        if (durable == committedVersion) {
            return;
        }
        committedVersion = durable;
        committed.accept(durable);
        while (!unacknowledged.isEmpty() && unacknowledged.peek().version() <= durable) {
            unacknowledged.poll().durable().run();
        }
    }

    /** Hands to the writer what it takes. */
    void submit() {
        while (!unsubmitted.isEmpty()) {
            final PendingBatch batch = unsubmitted.peek();
            final long ownVersion = batch.ownVersion();
            final boolean taken = writer.trySubmit(batch.batch(), batch.isSync(), () -> {
                if (batch.isSync()) {
                    durableToken.accumulateAndGet(batch.token(), Math::max);
                    durableVersion.accumulateAndGet(ownVersion, Math::max);
                    wake.run();
                }
            });
            if (!taken) {
                return;
            }
            unsubmitted.poll();
        }
    }

    /** Nobody is left waiting for an answer that cannot come. */
    void abandon() {
        unacknowledged.forEach(waiting -> waiting.lost().run());
        unacknowledged.clear();
    }
}
