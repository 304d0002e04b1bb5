package com.onebackend.registry.simulation;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Independent simulations on all processors, each on one thread, taken up in order. */
final class InParallel {
    private InParallel() {}

    /** Returns when all are done; what is thrown first ends it and is thrown again. */
    static <T> void forEach(final Iterator<T> jobs, final Consumer<T> run) {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Runnable work = () -> {
            for (T job = next(jobs); job != null && thrown.get() == null; job = next(jobs)) {
                try {
                    run.accept(job);
                } catch (final RuntimeException | Error e) {
                    thrown.compareAndSet(null, e);
                }
            }
        };
        final List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            final Thread worker = new Thread(work, "simulation-" + i);
            workers.add(worker);
            worker.start();
        }
        join(workers, thrown);
        if (thrown.get() instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (thrown.get() instanceof Error error) {
            throw error;
        }
    }

    private static void join(final List<Thread> workers, final AtomicReference<Throwable> thrown) {
        try {
            for (final Thread worker : workers) {
                worker.join();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            thrown.compareAndSet(null, new IllegalStateException("interrupted", e));
        }
    }

    /** Null when there are no more. */
    private static <T> T next(final Iterator<T> jobs) {
        synchronized (jobs) {
            return jobs.hasNext() ? jobs.next() : null;
        }
    }
}
