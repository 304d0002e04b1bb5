package com.onebackend.registry.node.cluster;

import static com.onebackend.registry.node.cluster.Facts.millisSince;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fresh node joins a cluster that has much to tell and goes on taking writes. */
class JoinUnderWritesIT {
    private static final int INSTANCES = Boolean.getBoolean("long") ? 100_000 : 20_000;
    private static final int CLIENTS = 8;
    private static final int FRESH = 4;
    private static final long WRITE_PAUSE_MILLIS = 20;
    private static final Duration READY_MAX = Duration.ofSeconds(15);
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @Test
    void aFreshNodeAnswersInFullOrNotAtAllAndIsReadySoon() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, FRESH)) {
            final Facts facts = new Facts(cluster);
            for (int n = 1; n < FRESH; n++) {
                cluster.start(n, cluster.environment(n, FRESH - 1));
            }
            facts.awaitReady(facts.except(FRESH));
            cluster.login();
            fill(facts);
            final ExecutorService writers = Executors.newFixedThreadPool(CLIENTS);
            final AtomicBoolean isStopped = new AtomicBoolean();
            try {
                final Set<String> written = ConcurrentHashMap.newKeySet();
                final List<Future<?>> writing = new ArrayList<>();
                for (int c = 0; c < CLIENTS; c++) {
                    final int client = c;
                    writing.add(writers.submit(() -> write(facts, client, written, isStopped)));
                }
                join(cluster, facts, written);
                isStopped.set(true);
                for (final Future<?> writer : writing) {
                    writer.get(30, TimeUnit.SECONDS);
                }
                assertThat(facts.awaitEqual(SOON, "moving")).containsAll(written);
            } finally {
                isStopped.set(true);
                writers.shutdown();
            }
        }
    }

    private static void fill(final Facts facts) throws Exception {
        final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        final AtomicInteger next = new AtomicInteger();
        final List<Future<?>> filling = new ArrayList<>();
        final long start = System.nanoTime();
        for (int c = 0; c < CLIENTS; c++) {
            filling.add(clients.submit(() -> {
                for (int i = next.getAndIncrement(); i < INSTANCES; i = next.getAndIncrement()) {
                    assertThat(facts.register(1 + i % (FRESH - 1), "bulk", "bulk." + i)
                                    .status())
                            .isEqualTo(201);
                }
            }));
        }
        for (final Future<?> client : filling) {
            client.get(300, TimeUnit.SECONDS);
        }
        clients.shutdown();
        System.out.printf("%d instances registered in %d ms%n", INSTANCES, millisSince(start));
    }

    /** Registers something new at the old nodes, again and again. */
    private static void write(
            final Facts facts, final int client, final Set<String> written, final AtomicBoolean isStopped) {
        for (int i = 0; !isStopped.get(); i++) {
            final String id = "moving." + client + "." + i;
            if (facts.isRegistered(1 + i % (FRESH - 1), "moving", id)) {
                written.add(id);
            }
            pause();
        }
    }

    private static void join(final ProcessCluster cluster, final Facts facts, final Set<String> written)
            throws Exception {
        final AtomicInteger refused = new AtomicInteger();
        final long start = System.nanoTime();
        cluster.start(FRESH, cluster.environment(FRESH, FRESH - 1));
        final long[] liveMillis = new long[1];
        await().atMost(READY_MAX.plus(SOON))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    final Set<String> before = Set.copyOf(written);
                    final Answer early = unlessDown(() -> facts.register(FRESH, "bulk", "bulk.0"));
                    final Answer bulk = unlessDown(() -> cluster.get(FRESH, "/registry-svc/instances?slug=bulk"));
                    if (early == null || bulk == null) {
                        return false;
                    }
                    liveMillis[0] = liveMillis[0] == 0 ? millisSince(start) : liveMillis[0];
                    if (bulk.status() == 503) {
                        // Asked before: what cannot be read cannot be written either.
                        for (final Answer answer : List.of(early, bulk)) {
                            assertThat(answer.status()).as(answer.body()).isEqualTo(503);
                            assertThat(answer.json().path("error").asText()).contains("not ready yet");
                            assertThat(answer.json().path("happened").asText()).isEqualTo("no");
                        }
                        refused.incrementAndGet();
                        return false;
                    }
                    assertThat(bulk.status()).as(bulk.body()).isEqualTo(200);
                    assertThat(bulk.json().path("instances").size()).isEqualTo(INSTANCES);
                    // What was acknowledged a while before is no exception.
                    await().atMost(Duration.ofSeconds(2))
                            .until(() -> facts.ids(FRESH, "moving").containsAll(before));
                    return true;
                });
        final long readyMillis = millisSince(start);
        System.out.printf(
                "fresh node: live after %d ms, refused %d times, ready after %d ms%n",
                liveMillis[0], refused.get(), readyMillis);
        assertThat(refused.get()).isPositive();
        assertThat(readyMillis).isLessThan(READY_MAX.toMillis());
        assertThat(facts.register(FRESH, "early", "early.1").status()).isEqualTo(201);
        assertThat(facts.awaitEqual(SOON, "early")).containsExactly("early.1");
    }

    /** Null while nobody listens. */
    private static Answer unlessDown(final Supplier<Answer> question) {
        try {
            return question.get();
        } catch (final UncheckedIOException e) {
            return null;
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(WRITE_PAUSE_MILLIS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
