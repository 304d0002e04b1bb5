package com.onebackend.registry.node.resources;

import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.NodeRecord.HostFacts;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.NodeUsage.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples this machine at an interval. What cannot be measured here is shown as nothing, said once in the log, and
 * never keeps the rest from being measured.
 *
 * <p><i>Thread:</i> a daemon thread of its own; the consumer is called on it. <i>Lifecycle:</i> {@link #start} once,
 * then {@link #close}.
 */
public final class ResourceSampler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceSampler.class);
    private static final long FIRST_CPU_MILLIS = 2_000;
    private static final long CLOSE_SECONDS_MAX = 4;

    private final Supplier<MachineMeter> meters;
    private final Supplier<List<Gpu>> gpus;
    private final LongSupplier wallMillis;
    private final Set<String> told = new HashSet<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        final Thread daemon = new Thread(task, "resource-sampler");
        daemon.setDaemon(true);
        return daemon;
    });
    private MachineMeter meter;

    /**
     * Not started.
     *
     * @param dataFolder which file system to show
     */
    public ResourceSampler(final Path dataFolder) {
        this(() -> MachineMeter.ofThisMachine(dataFolder), new NvidiaSmi()::gpus, System::currentTimeMillis);
    }

    ResourceSampler(
            final Supplier<MachineMeter> meters, final Supplier<List<Gpu>> gpus, final LongSupplier wallMillis) {
        this.meters = meters;
        this.gpus = gpus;
        this.wallMillis = wallMillis;
    }

    /**
     * One sample.
     *
     * @param sampledMillis milliseconds since 1970
     */
    public record Sample(long sampledMillis, NodeUsage usage, List<Gpu> gpus) {
        public Sample {
            gpus = List.copyOf(gpus);
        }
    }

    /** Facts of this machine that do not change; {@link HostFacts#UNKNOWN} where they cannot be had. Any thread. */
    public static HostFacts hostFacts() {
        try {
            return MachineMeter.ofThisMachine(Path.of("/")).facts();
        } catch (final RuntimeException | LinkageError e) {
            LOG.warn("resources: the facts of this machine cannot be read: {}", e.toString());
            return HostFacts.UNKNOWN;
        }
    }

    /**
     * Samples now and then at each interval.
     *
     * @param interval seconds rather than less: the processor's figures are averages over it
     */
    public void start(final Duration interval, final Consumer<Sample> consumer) {
        Invariants.check(!interval.isNegative() && !interval.isZero(), "sampling interval must be positive");
        final Runnable task = () -> attempt(
                "consumer",
                () -> {
                    consumer.accept(sample());
                    return null;
                },
                null);
        thread.scheduleWithFixedDelay(task, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
        if (interval.toMillis() > FIRST_CPU_MILLIS) {
            // The very first sample cannot know the processor's load yet.
            thread.schedule(task, FIRST_CPU_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** One sample, at once. The sampler's thread. */
    Sample sample() {
        final long millis = wallMillis.getAsLong();
        if (meter == null) {
            meter = attempt("machine", meters::get, null);
        }
        final MachineMeter machine = meter;
        final NodeUsage usage = machine == null
                ? NodeUsage.NONE
                : new NodeUsage(
                        attempt("cpu", machine::cpu, Resource.NONE),
                        attempt("memory", machine::memory, Resource.NONE),
                        attempt("disk", machine::disk, Resource.NONE));
        return new Sample(millis, usage, attempt("gpus", gpus::get, List.of()));
    }

    /** The platform may throw anything, and a missing figure is not worth a node. */
    private <T> T attempt(final String what, final Callable<T> measurement, final T otherwise) {
        try {
            return measurement.call();
        } catch (final Exception | LinkageError e) {
            if (told.add(what)) {
                LOG.warn("resources: {} failed, which is not said again: {}", what, e.toString());
                LOG.debug("resources: {} failed", what, e);
            }
            return otherwise;
        }
    }

    /** Stops the thread; a sample under way is given a moment. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("resources: the sampler did not stop within {} s", CLOSE_SECONDS_MAX);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
