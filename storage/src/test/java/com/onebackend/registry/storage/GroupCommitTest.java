package com.onebackend.registry.storage;

import static com.onebackend.registry.storage.Samples.puts;
import static com.onebackend.registry.storage.Samples.registered;
import static com.onebackend.registry.storage.Samples.registration;
import static com.onebackend.registry.storage.Samples.removals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GroupCommitTest {
    private final GatedLog log = new GatedLog();
    private final List<Throwable> fatal = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> called = Collections.synchronizedList(new ArrayList<>());

    /** A log whose writes each wait for a permit and can be made to fail. */
    private static final class GatedLog implements InstanceLog {
        final List<List<LogBatch>> writes = Collections.synchronizedList(new ArrayList<>());
        final List<Boolean> syncs = Collections.synchronizedList(new ArrayList<>());
        final Semaphore entered = new Semaphore(0);
        final Semaphore permits = new Semaphore(0);
        volatile RuntimeException failure;

        @Override
        public void write(final List<LogBatch> batches, final boolean sync) {
            entered.release();
            acquire(permits);
            if (failure != null) {
                throw failure;
            }
            writes.add(batches);
            syncs.add(sync);
        }

        @Override
        public void load(final Consumer<LogEntry> entries, final Consumer<Digest.Head> heads) {
            throw new UnsupportedOperationException();
        }
    }

    private static void acquire(final Semaphore semaphore) {
        try {
            assertThat(semaphore.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private GroupCommit start() {
        return GroupCommit.start(log, fatal::add);
    }

    private boolean submit(final GroupCommit commit, final long version, final boolean sync) {
        return commit.trySubmit(registered(version), sync, () -> called.add(version));
    }

    private void awaitFirstWrite() {
        acquire(log.entered);
    }

    @Test
    void everythingThatWaitsGoesIntoOneWriteWithOneSync() {
        try (GroupCommit commit = start()) {
            submit(commit, 1, true);
            awaitFirstWrite();
            LongStream.rangeClosed(2, 1_000).forEach(version -> submit(commit, version, version % 100 == 0));
            log.permits.release(1_000);
        }
        assertThat(log.writes).hasSize(2);
        assertThat(log.syncs).containsExactly(true, true);
        assertThat(log.writes.get(1)).hasSize(999).startsWith(registered(2)).endsWith(registered(1_000));
        assertThat(called)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 1_000).boxed().toList());
    }

    @Test
    void callbackComesOnlyAfterTheWriteOnTheCommitThread() {
        final AtomicReference<String> thread = new AtomicReference<>();
        try (GroupCommit commit = start()) {
            commit.trySubmit(registered(1), true, () -> {
                assertThat(log.writes).hasSize(1);
                thread.set(Thread.currentThread().getName());
            });
            awaitFirstWrite();
            assertThat(thread.get()).isNull();
            log.permits.release();
        }
        assertThat(thread.get()).isEqualTo("commit");
        assertThat(fatal).isEmpty();
    }

    @Test
    void groupWithoutSyncedBatchIsNotSynced() {
        try (GroupCommit commit = start()) {
            submit(commit, 1, false);
            log.permits.release();
        }
        assertThat(log.syncs).containsExactly(false);
        assertThat(called).containsExactly(1L);
    }

    @Test
    void orderOfPutAndRemovalAcrossBatchesIsKept() {
        final LogBatch put = puts(registration("a", 1));
        final LogBatch remove = removals(registration("a", 1).key());
        final LogBatch again = puts(registration("a", 3));
        try (GroupCommit commit = start()) {
            submit(commit, 9, true);
            awaitFirstWrite();
            for (final LogBatch batch : List.of(put, remove, again)) {
                assertThat(commit.trySubmit(batch, true, () -> {})).isTrue();
            }
            log.permits.release(10);
        }
        assertThat(log.writes.get(1)).containsExactly(put, remove, again);
    }

    @Test
    void queueFullOfBatchesSaysFalseUntilTheyAreTaken() {
        final GroupCommit commit = new GroupCommit(log, fatal::add, 3, 1_000);
        commit.begin();
        submit(commit, 1, true);
        awaitFirstWrite();
        for (long version = 2; version <= 4; version++) {
            assertThat(commit.hasRoom()).isTrue();
            assertThat(submit(commit, version, true)).isTrue();
        }
        assertThat(commit.hasRoom()).isFalse();
        assertThat(submit(commit, 5, true)).isFalse();
        log.permits.release(10);
        await().until(commit::hasRoom);
        assertThat(submit(commit, 6, true)).isTrue();
        commit.close();
        assertThat(called).containsExactly(1L, 2L, 3L, 4L, 6L);
    }

    @Test
    void queueFullOfEntriesSaysFalseButTakesOneBatchOfAnySize() {
        final GroupCommit commit = new GroupCommit(log, fatal::add, 100, 2);
        commit.begin();
        submit(commit, 1, true);
        awaitFirstWrite();
        final LogBatch large = puts(registration("a", 1), registration("b", 2), registration("c", 3));
        assertThat(commit.trySubmit(large, true, () -> {})).isTrue();
        assertThat(commit.hasRoom()).isFalse();
        assertThat(submit(commit, 2, true)).isFalse();
        log.permits.release(10);
        commit.close();
        assertThat(log.writes).hasSize(2);
    }

    @Test
    void failedWriteNeverAcknowledgesAndIsReportedOnce() {
        final StorageException failure = new StorageException("disk full");
        try (GroupCommit commit = start()) {
            submit(commit, 1, true);
            awaitFirstWrite();
            submit(commit, 2, true);
            log.failure = failure;
            log.permits.release(10);
            await().until(() -> !fatal.isEmpty());
            assertThat(commit.hasRoom()).isFalse();
            assertThat(submit(commit, 3, true)).isFalse();
        }
        assertThat(fatal).containsExactly(failure);
        assertThat(called).isEmpty();
        assertThat(log.writes).isEmpty();
    }

    @Test
    void failingCallbackStopsTheRest() {
        final IllegalStateException bug = new IllegalStateException("bug");
        try (GroupCommit commit = start()) {
            submit(commit, 1, true);
            awaitFirstWrite();
            commit.trySubmit(registered(2), true, () -> {
                throw bug;
            });
            submit(commit, 3, true);
            log.permits.release(10);
        }
        assertThat(fatal).containsExactly(bug);
        assertThat(called).containsExactly(1L);
    }

    @Test
    void closeWritesWhatWaitsAndThenTakesNoMore() {
        final GroupCommit commit = start();
        submit(commit, 1, true);
        awaitFirstWrite();
        submit(commit, 2, true);
        log.permits.release(10);
        commit.close();
        commit.close();
        assertThat(called).containsExactly(1L, 2L);
        assertThat(submit(commit, 3, true)).isFalse();
        assertThat(fatal).isEmpty();
    }

    @Test
    void fatalHandlerMayClose() throws InterruptedException {
        final CountDownLatch closed = new CountDownLatch(1);
        final AtomicReference<GroupCommit> commit = new AtomicReference<>();
        commit.set(GroupCommit.start(log, cause -> {
            commit.get().close();
            closed.countDown();
        }));
        log.failure = new StorageException("disk full");
        submit(commit.get(), 1, true);
        log.permits.release();
        closed.await();
        commit.get().close();
    }

    @Test
    void interruptedCloseSaysSoAndKeepsTheInterrupt() {
        final GroupCommit commit = start();
        submit(commit, 1, true);
        awaitFirstWrite();
        Thread.currentThread().interrupt();
        assertThatThrownBy(commit::close).isInstanceOf(StorageException.class).hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        log.permits.release();
        commit.close();
        assertThat(called).containsExactly(1L);
    }
}
