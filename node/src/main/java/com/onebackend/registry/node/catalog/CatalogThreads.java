package com.onebackend.registry.node.catalog;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The catalog's own threads: writers, a few for what takes long, one clock. All end when idle or at {@code close}. */
final class CatalogThreads implements AutoCloseable {
    /** Writes wait without a thread; these only hand them over and take their answers. */
    static final int WRITERS_MAX = 4;

    static final int BACKGROUND_MAX = 8;
    private static final int BACKGROUND_WAITING_MAX = 64;

    private static final Logger LOG = LoggerFactory.getLogger(CatalogThreads.class);
    private static final long IDLE_SECONDS = 30;
    private static final long STOP_MILLIS_MAX = 2_000;

    private final ThreadPoolExecutor writers;
    private final ThreadPoolExecutor background;
    private final ScheduledExecutorService clock;
    private final AtomicBoolean isSoon = new AtomicBoolean();

    /** Something that may block until it is interrupted. */
    @FunctionalInterface
    interface Work {
        void run() throws InterruptedException;
    }

    /** @param stepsMax steps of writes that may wait for a thread */
    CatalogThreads(final String nodeId, final int stepsMax) {
        this.writers = pool(WRITERS_MAX, stepsMax, nodeId + "-catalog-write-");
        this.background = pool(BACKGROUND_MAX, BACKGROUND_WAITING_MAX, nodeId + "-catalog-work-");
        this.clock = new ScheduledThreadPoolExecutor(1, named(nodeId + "-catalog-clock-"));
    }

    private static ThreadPoolExecutor pool(final int threads, final int waitingMax, final String name) {
        final ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waitingMax), named(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory named(final String prefix) {
        final AtomicInteger number = new AtomicInteger();
        return task -> {
            final Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Where the steps of writes run; refuses when closed. */
    Executor writers() {
        return writers;
    }

    /** Runs {@code task}, a short one, after a while; refuses when closed. */
    void later(final long millis, final Runnable task) {
        clock.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /** Runs work that may take long; the future fails when the work fails or is refused. */
    CompletableFuture<Void> background(final Work work) {
        try {
            return submit(background, () -> {
                work.run();
                return null;
            });
        } catch (final RejectedExecutionException e) {
            return CompletableFuture.failedFuture(RatisErrors.overloaded("too much catalog work is under way"));
        }
    }

    private static <T> CompletableFuture<T> submit(final ExecutorService pool, final Callable<T> work) {
        final CompletableFuture<T> result = new CompletableFuture<>();
        pool.execute(new Task<>(work, result));
        return result;
    }

    /** Runs {@code task}, a short one, on the clock's thread; once for all calls that come before it has begun. */
    void soon(final Runnable task) {
        if (isSoon.compareAndSet(false, true)) {
            try {
                clock.execute(() -> {
                    isSoon.set(false);
                    task.run();
                });
            } catch (final RejectedExecutionException e) {
                LOG.debug("catalog is closing", e);
            }
        }
    }

    /** Repeats {@code task}, a short one; a failure of it is logged and does not end the repetition. */
    void every(final long millis, final Runnable task) {
        clock.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (final RuntimeException e) {
                        LOG.warn("catalog upkeep failed", e);
                    }
                },
                millis,
                millis,
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        writers.shutdownNow();
        cancelAll(background);
        try {
            if (!writers.awaitTermination(STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)
                    || !background.awaitTermination(STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
                LOG.warn("catalog work did not end in {} ms", STOP_MILLIS_MAX);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void cancelAll(final ExecutorService pool) {
        for (final Runnable waiting : pool.shutdownNow()) {
            ((Task<?>) waiting).cancel();
        }
    }

    /** Work with its future. */
    private record Task<T>(Callable<T> work, CompletableFuture<T> result) implements Runnable {
        @Override
        public void run() {
            try {
                result.complete(work.call());
            } catch (final InterruptedException e) {
                cancel();
            } catch (final Exception e) {
                result.completeExceptionally(e);
            }
        }

        /** It was not started, or was interrupted before anything was sent. */
        void cancel() {
            result.completeExceptionally(RatisErrors.closing());
        }
    }
}
