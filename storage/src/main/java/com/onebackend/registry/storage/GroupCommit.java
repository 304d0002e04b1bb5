package com.onebackend.registry.storage;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes instance batches to disk behind the gossip loop's back: whatever waits while one fsync runs goes to disk with
 * the next one, as one atomic write with one fsync.
 *
 * <p><i>Thread:</i> it owns one, {@code commit}, which writes and runs the callbacks; {@link #trySubmit} and
 * {@link #hasRoom} belong to one submitting thread, the gossip loop; {@link #close} from any. <i>Lifecycle:</i> closed
 * before the store it writes to. <i>Invariants:</i> a callback runs after its batch was written, in the order of
 * submission, at most once, and never after a failure.
 */
public final class GroupCommit implements AutoCloseable {
    /** Batches that may wait. As many again may be in the write that is under way. */
    public static final int QUEUED_BATCHES_MAX = 4096;
    /** Puts and removals that may wait; the batch that reaches the limit is still taken, whatever its size. */
    public static final int QUEUED_ENTRIES_MAX = 65_536;
    /** How long {@link #close} waits for the last write. */
    public static final long CLOSE_WAIT_SECONDS = 30;

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

    private record Submission(LogBatch batch, boolean sync, Runnable onDurable) {}

    private final InstanceLog log;
    private final Consumer<Throwable> onFatal;
    private final int queuedBatchesMax;
    private final int queuedEntriesMax;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<Submission> queue = new ArrayList<>();
    private int queuedEntries;
    private boolean accepting = true;

    GroupCommit(
            final InstanceLog log,
            final Consumer<Throwable> onFatal,
            final int queuedBatchesMax,
            final int queuedEntriesMax) {
        Invariants.check(queuedBatchesMax > 0 && queuedEntriesMax > 0, "limits must be positive");
        this.log = log;
        this.onFatal = onFatal;
        this.queuedBatchesMax = queuedBatchesMax;
        this.queuedEntriesMax = queuedEntriesMax;
        thread = new Thread(this::run, "commit");
    }

    /**
     * Starts the commit thread.
     *
     * @param onFatal called once, on the commit thread, when a write or a callback failed: the node must stop. What was
     *     submitted and not called back may or may not be on disk
     */
    public static GroupCommit start(final InstanceLog log, final Consumer<Throwable> onFatal) {
        final GroupCommit commit = new GroupCommit(log, onFatal, QUEUED_BATCHES_MAX, QUEUED_ENTRIES_MAX);
        commit.begin();
        return commit;
    }

    void begin() {
        thread.start();
    }

    /**
     * True when the next {@link #trySubmit} of the submitting thread will be taken, whatever its size, unless a failure
     * or {@code close} comes between. Ask before the step that produces the batch, as its effect on memory cannot be
     * taken back.
     */
    public boolean hasRoom() {
        lock.lock();
        try {
            return isRoom();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues a batch; never blocks.
     *
     * @param sync true: on disk before {@code onDurable}; false: written before {@code onDurable}, which a power cut
     *     may undo unless a later synced batch was called back
     * @param onDurable run on the commit thread; it must neither block nor throw
     * @return false when the queue is full, after a failure, or after {@code close}: then nothing was queued
     */
    public boolean trySubmit(final LogBatch batch, final boolean sync, final Runnable onDurable) {
        lock.lock();
        try {
            if (!isRoom()) {
                return false;
            }
            queue.add(new Submission(batch, sync, onDurable));
            queuedEntries += batch.puts().size() + batch.removals().size();
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean isRoom() {
        return accepting && queue.size() < queuedBatchesMax && queuedEntries < queuedEntriesMax;
    }

    private void run() {
        try {
            for (List<Submission> group = take(); !group.isEmpty(); group = take()) {
                write(group);
            }
        } catch (Throwable e) {
            fail(e);
        }
    }

    /** Everything that waits; empty when closed and drained. */
    private List<Submission> take() {
        lock.lock();
        try {
            while (queue.isEmpty() && accepting) {
                changed.awaitUninterruptibly();
            }
            final List<Submission> group = queue;
            queue = new ArrayList<>();
            queuedEntries = 0;
            return group;
        } finally {
            lock.unlock();
        }
    }

    private void write(final List<Submission> group) {
        final List<LogBatch> batches = new ArrayList<>(group.size());
        boolean sync = false;
        for (final Submission submission : group) {
            batches.add(submission.batch);
            sync |= submission.sync;
        }
        log.write(batches, sync);
        for (final Submission submission : group) {
            submission.onDurable.run();
        }
    }

    private void fail(final Throwable cause) {
        lock.lock();
        try {
            accepting = false;
            queue.clear();
            queuedEntries = 0;
        } finally {
            lock.unlock();
        }
        LOG.error("commit failed, the node must stop", cause);
        onFatal.accept(cause);
    }

    /**
     * Takes no more, writes and calls back what waits, and ends the thread. Called from a callback or the fatal handler
     * it returns at once, and the thread ends after that.
     *
     * @throws StorageException the disk did not finish within {@link #CLOSE_WAIT_SECONDS}, or the wait was interrupted;
     *     the thread is then still writing
     */
    @Override
    public void close() {
        lock.lock();
        try {
            accepting = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(CLOSE_WAIT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException("interrupted while the last instance writes went to disk", e);
        }
        if (thread.isAlive()) {
            throw new StorageException("the last instance writes did not reach the disk within " + CLOSE_WAIT_SECONDS
                    + " s: the disk hangs; check it, then end this process");
        }
    }
}
