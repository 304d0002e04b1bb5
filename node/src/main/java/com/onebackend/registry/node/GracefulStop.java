package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.CatalogService;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What comes before a node closes its door, so that nobody notices: it says that it is about to go, hands the lead of
 * the catalog on, and answers for as long as those who send requests need to see it.
 *
 * <p><i>Thread:</i> the shutdown hook; blocks for the stop delay, at least until leadership has moved.
 */
final class GracefulStop {
    /** Longer than a transfer of leadership takes; without one the others elect a leader when this node is silent. */
    static final long LEADERSHIP_MILLIS_MAX = 3_000;

    private static final Logger LOG = LoggerFactory.getLogger(GracefulStop.class);

    private final Duration delay;
    private final Readiness readiness;
    private final Supplier<CatalogService> catalog;
    private final BooleanSupplier hasOthers;

    /**
     * @param catalog null until it runs
     * @param hasOthers there is somebody whom clients could use instead
     */
    GracefulStop(
            final Duration delay,
            final Readiness readiness,
            final Supplier<CatalogService> catalog,
            final BooleanSupplier hasOthers) {
        this.delay = delay;
        this.readiness = readiness;
        this.catalog = catalog;
        this.hasOthers = hasOthers;
    }

    void run() {
        final boolean isAwaited = readiness.isReady() && hasOthers.getAsBoolean();
        readiness.stops();
        final CatalogService running = catalog.get();
        final CompletableFuture<Void> moved =
                running == null ? CompletableFuture.completedFuture(null) : running.giveUpLeadership();
        // One that was drained has been left by its clients before.
        final long leftNanos = isAwaited ? delay.toNanos() - readiness.leavingNanos() : 0;
        LOG.info("stopping, the door closes in {} ms", Math.max(0, TimeUnit.NANOSECONDS.toMillis(leftNanos)));
        final long startNanos = System.nanoTime();
        try {
            await(moved);
            TimeUnit.NANOSECONDS.sleep(leftNanos - (System.nanoTime() - startNanos));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(final CompletableFuture<Void> moved) throws InterruptedException {
        try {
            moved.get(LEADERSHIP_MILLIS_MAX, TimeUnit.MILLISECONDS);
        } catch (final ExecutionException | TimeoutException e) {
            LOG.info("stopping without having moved the catalog's leadership", e);
        }
    }
}
