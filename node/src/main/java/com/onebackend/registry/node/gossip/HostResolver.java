package com.onebackend.registry.node.gossip;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Host names to addresses, without ever blocking who asks. An answer is kept for {@link #FRESH_NANOS} and then asked
 * for again, so that a peer whose address changed is found; until the new answer is there, and while none can be had,
 * the old one serves.
 *
 * <p><i>Thread:</i> any; names are looked up on two daemon threads of its own. <i>Lifecycle:</i> closed after the
 * transports.
 */
public final class HostResolver implements AutoCloseable {
    static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(30);
    static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);
    static final int NAMES_MAX = 4_096;

    private static final int THREADS = 2;
    private static final int QUEUE_MAX = 256;
    private static final int THREAD_IDLE_SECONDS = 30;

    private final Lookup lookup;
    private final LongSupplier nanoTime;
    private final ThreadPoolExecutor executor;
    private final ConcurrentHashMap<String, Answer> answers = new ConcurrentHashMap<>();

    /** Asks what the host is configured to ask. */
    public HostResolver() {
        this(host -> List.of(InetAddress.getAllByName(host)), System::nanoTime);
    }

    HostResolver(final Lookup lookup, final LongSupplier nanoTime) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
        executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                THREAD_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(QUEUE_MAX),
                new DefaultThreadFactory("resolver", true));
        executor.allowCoreThreadTimeOut(true);
    }

    /** Blocking lookup of one name. */
    @FunctionalInterface
    interface Lookup {
        /** At least one address. */
        List<InetAddress> addressesOf(String host) throws UnknownHostException;
    }

    /**
     * The addresses of {@code host}, at once when they are known. Fails with {@link UnknownHostException} when the name
     * was never resolved, or with {@link RejectedExecutionException} when too many lookups wait. Completes on a thread
     * of the resolver, or on the caller's.
     */
    CompletableFuture<List<InetAddress>> resolve(final String host) {
        final byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            return CompletableFuture.completedFuture(List.of(addressOf(host, literal)));
        }
        final long now = nanoTime.getAsLong();
        if (answers.size() >= NAMES_MAX && !answers.containsKey(host)) {
            answers.values().removeIf(answer -> now - answer.askedNanos >= FRESH_NANOS);
            if (answers.size() >= NAMES_MAX) {
                return CompletableFuture.failedFuture(new RejectedExecutionException("too many host names"));
            }
        }
        return answers.compute(
                        host, (name, known) -> known != null && known.isGood(now) ? known : ask(name, known, now))
                .serve();
    }

    private Answer ask(final String host, final Answer previous, final long now) {
        final Answer next = new Answer(now, previous == null ? null : previous.latest());
        try {
            executor.execute(() -> answer(host, next));
        } catch (final RejectedExecutionException e) {
            next.addresses.completeExceptionally(e);
        }
        return next;
    }

    private void answer(final String host, final Answer answer) {
        try {
            answer.addresses.complete(List.copyOf(lookup.addressesOf(host)));
        } catch (final UnknownHostException | RuntimeException e) {
            answer.addresses.completeExceptionally(e);
        }
    }

    private static InetAddress addressOf(final String host, final byte[] literal) {
        try {
            return InetAddress.getByAddress(host, literal);
        } catch (final UnknownHostException e) {
            throw new IllegalStateException("an address literal has 4 or 16 bytes", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    /** One lookup, and what the one before it had found. */
    private static final class Answer {
        private final long askedNanos;
        private final List<InetAddress> previous;
        private final CompletableFuture<List<InetAddress>> addresses = new CompletableFuture<>();

        private Answer(final long askedNanos, final List<InetAddress> previous) {
            this.askedNanos = askedNanos;
            this.previous = previous;
        }

        /** True while nothing newer is to be asked for; a lookup under way is not repeated. */
        private boolean isGood(final long now) {
            if (!addresses.isDone()) {
                return true;
            }
            return now - askedNanos < (addresses.isCompletedExceptionally() ? RETRY_NANOS : FRESH_NANOS);
        }

        private CompletableFuture<List<InetAddress>> serve() {
            final List<InetAddress> known = latest();
            return known == null ? addresses : CompletableFuture.completedFuture(known);
        }

        /** The newest addresses there are; null when there are none yet. */
        private List<InetAddress> latest() {
            return addresses.isDone() && !addresses.isCompletedExceptionally() ? addresses.join() : previous;
        }
    }
}
