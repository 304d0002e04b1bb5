package com.onebackend.registry.node.cluster;

import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntFunction;

/**
 * Constant load on all nodes of a cluster, through clients that use a node only while {@code /health/ready} says so, as
 * they were last told. They try again elsewhere only when a connection was refused, before anything was sent: every
 * other failure is one.
 */
final class FollowingClients implements AutoCloseable {
    private static final long PROBE_MILLIS = 200;
    private static final long PAUSE_MILLIS = 15;
    private static final int FAILURES_MAX = 100;

    private final ProcessCluster cluster;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    /** 1 = ready, by node number. */
    private final AtomicIntegerArray ready;

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Queue<Long> writeMillis = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean isStopped;

    FollowingClients(final ProcessCluster cluster) {
        this.cluster = cluster;
        this.ready = new AtomicIntegerArray(cluster.size() + 1);
        for (int n = 1; n <= cluster.size(); n++) {
            ready.set(n, 1);
            final int probed = n;
            threads.execute(() -> probe(probed));
        }
        threads.execute(() -> repeat("read", i -> n -> cluster.get(n, "/registry-svc/instances?slug=rolling"), 200));
        threads.execute(() -> repeat("definitions", i -> n -> cluster.get(n, "/registry-svc/definitions"), 200));
        threads.execute(() -> repeat(
                "register",
                i -> n -> cluster.put(
                        n,
                        "/registry-svc/instance",
                        "{\"id\":\"rolling." + i % 50 + "\",\"slug\":\"rolling\",\"url\":\"http://198.18.0.1:80/"
                                + i % 50 + "\"}"),
                201));
        threads.execute(() -> repeat(
                "write",
                i -> n -> cluster.put(
                        n,
                        "/registry-svc/definition",
                        "{\"definition\":{\"id\":\"rolling-" + i % 20 + "\",\"image\":{\"name\":\"v" + i + "\"}}}"),
                201));
    }

    private void probe(final int n) {
        while (!isStopped) {
            try {
                ready.set(n, cluster.send(n, "GET", "/health/ready", null, "").status() == 200 ? 1 : 0);
            } catch (final UncheckedIOException e) {
                ready.set(n, 0);
            }
            pause(PROBE_MILLIS);
        }
    }

    private void repeat(final String what, final IntFunction<IntFunction<Answer>> request, final int expected) {
        for (int i = 0; !isStopped; i++) {
            final long start = System.nanoTime();
            try {
                send(what, request.apply(i), i, expected);
            } catch (final RuntimeException e) {
                fail(what + ": " + e);
            }
            if (what.equals("write")) {
                writeMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            }
            pause(PAUSE_MILLIS);
        }
    }

    private void send(final String what, final IntFunction<Answer> request, final int i, final int expected) {
        for (int tries = 0; tries <= 3 * cluster.size(); tries++) {
            final int n = 1 + (i + tries) % cluster.size();
            if (ready.get(n) == 0) {
                continue;
            }
            try {
                final Answer answer = request.apply(n);
                if (answer.status() == expected) {
                    answered.incrementAndGet();
                } else {
                    fail(what + " at node " + n + ": " + answer);
                }
                return;
            } catch (final UncheckedIOException e) {
                if (!(e.getCause() instanceof ConnectException)) {
                    fail(what + " at node " + n + ": " + e.getCause());
                    return;
                }
                refused.incrementAndGet();
            }
        }
        fail(what + ": no node is ready");
    }

    private void fail(final String what) {
        if (!isStopped && failures.size() < FAILURES_MAX) {
            failures.add(what);
        }
    }

    /** Waits until so many more requests were answered. */
    void awaitMore(final int more, final Duration atMost) {
        final int from = answered.get();
        await().atMost(atMost).until(() -> answered.get() >= from + more);
    }

    void stop() throws InterruptedException {
        isStopped = true;
        threads.shutdown();
        if (!threads.awaitTermination(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("clients did not end");
        }
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    int answered() {
        return answered.get();
    }

    int refusedConnections() {
        return refused.get();
    }

    /** How long each write took, its tries together. */
    List<Long> writeMillis() {
        return new ArrayList<>(writeMillis);
    }

    /** The longest that anybody waited for a write of the catalog. */
    long writeGapMillisMax() {
        return writeMillis.stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    private static void pause(final long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        isStopped = true;
        threads.shutdownNow();
    }
}
