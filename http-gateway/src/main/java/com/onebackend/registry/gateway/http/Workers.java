package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A few threads for work that is too slow for an event loop, with a short queue.
 *
 * <p><i>Lifecycle:</i> closed after the last connection.
 */
public final class Workers implements AutoCloseable {
    private final ThreadPoolExecutor pool;

    public Workers(final int threads, final int queueMax) {
        final AtomicInteger number = new AtomicInteger();
        pool = new ThreadPoolExecutor(
                threads, threads, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(queueMax), work -> {
                    final Thread thread = new Thread(work, "gateway-worker-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    /** Runs {@code work} soon; what it throws becomes the answer. A full queue is answered OVERLOADED. */
    public void run(final Exchange exchange, final Runnable work) {
        try {
            pool.execute(() -> exchange.guarded(work));
        } catch (RejectedExecutionException e) {
            exchange.answer(Answer.of(
                    new RegistryError(ErrorCode.OVERLOADED, "Too many slow requests at once; try again in a moment.")));
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
