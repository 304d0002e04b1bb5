package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.Registers.Told;
import com.onebackend.registry.node.history.Operation;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Writers that never stop, and a leader that is killed with kill -9 again and again: how long nothing is acknowledged,
 * and whether what was acknowledged is there.
 *
 * <p><i>Thread:</i> the caller's; writers have their own.
 */
final class LeaderKills {
    /** At each node. */
    private static final int WRITERS = 3;

    private static final int PAUSE_MILLIS = 5;
    private static final Duration GO_ON = Duration.ofSeconds(60);
    private static final int BETWEEN_MILLIS_MAX = 1_000;

    private final ProcessCluster cluster;
    private final Facts facts;
    private final Registers registers;
    private final Random random;
    private final List<Writer> writers = new ArrayList<>();
    private final List<Long> gapsOfAll = new ArrayList<>();
    private final List<Long> gapsOfSurvivors = new ArrayList<>();
    private final List<Long> gapsOfEach = new ArrayList<>();
    private volatile boolean isStopped;

    LeaderKills(final ProcessCluster cluster, final long seed) {
        this.cluster = cluster;
        this.facts = new Facts(cluster);
        this.registers = new Registers(cluster, true);
        this.random = new Random(seed);
    }

    /** Kills so many leaders, one after the other; fails when an acknowledged write is lost. */
    void run(final int kills) throws Exception {
        final ExecutorService threads = Executors.newFixedThreadPool(WRITERS * cluster.size());
        final List<Future<?>> running = new ArrayList<>();
        try {
            for (int w = 0; w < WRITERS * cluster.size(); w++) {
                final Writer writer = new Writer("kills-" + w, 1 + w % cluster.size());
                writers.add(writer);
                running.add(threads.submit(() -> {
                    writer.work();
                    return null;
                }));
            }
            for (int i = 0; i < kills; i++) {
                killLeader();
            }
        } finally {
            isStopped = true;
            threads.shutdown();
        }
        for (final Future<?> writer : running) {
            writer.get(30, TimeUnit.SECONDS);
        }
        assertThat(registers.wrongAnswers()).isEmpty();
        for (int n = 1; n <= cluster.size(); n++) {
            for (final Writer writer : writers) {
                writer.assertNothingLost(n);
            }
        }
    }

    private void killLeader() throws Exception {
        facts.awaitVoters(cluster.size(), facts.all());
        awaitEachHasWritten(System.nanoTime(), writers);
        // Any moment will do, and none in particular.
        TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(BETWEEN_MILLIS_MAX));
        final int leader = facts.leader(cluster.size());
        assertThat(leader).isPositive();
        cluster.kill(leader);
        final long killed = System.nanoTime();
        awaitEachHasWritten(killed, writers);
        final List<Writer> survivors =
                writers.stream().filter(writer -> writer.home != leader).toList();
        gapsOfAll.add(gap(writers, killed));
        gapsOfSurvivors.add(gap(survivors, killed));
        survivors.forEach(writer -> gapsOfEach.add(gap(List.of(writer), killed)));
        cluster.start(leader);
        facts.awaitReady(leader);
    }

    private static void awaitEachHasWritten(final long since, final List<Writer> writers) {
        await().atMost(GO_ON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> writers.stream().allMatch(writer -> writer.firstAfter(since) > 0));
    }

    /** From the last acknowledgement before to the first one after, in milliseconds. */
    private static long gap(final List<Writer> writers, final long killed) {
        final long before = writers.stream()
                .mapToLong(writer -> writer.lastBefore(killed))
                .max()
                .orElseThrow();
        final long after = writers.stream()
                .mapToLong(writer -> writer.firstAfter(killed))
                .min()
                .orElseThrow();
        return TimeUnit.NANOSECONDS.toMillis(after - before);
    }

    /** By whose clients: how long nothing was acknowledged, one figure for each kill. */
    Map<String, List<Long>> gaps() {
        final Map<String, List<Long>> gaps = new TreeMap<>();
        gaps.put("clients at all nodes", List.copyOf(gapsOfAll));
        gaps.put("clients at surviving nodes", List.copyOf(gapsOfSurvivors));
        gaps.put("each client at a surviving node", List.copyOf(gapsOfEach));
        return gaps;
    }

    long acknowledged() {
        return writers.stream().mapToLong(writer -> writer.count).sum();
    }

    /** Writes one definition again and again; goes elsewhere while its node is dead. */
    private final class Writer {
        private final String key;
        private final int home;
        private final List<Long> acknowledged = new ArrayList<>();
        private long count;
        private long tried;

        Writer(final String key, final int home) {
            this.key = key;
            this.home = home;
        }

        void work() throws InterruptedException {
            int node = home;
            while (!isStopped) {
                tried++;
                final Told told = registers.write(node, key, "v" + tried);
                if (told.outcome() == Outcome.OK) {
                    acknowledge(tried);
                    node = node != home && cluster.isRunning(home) && tried % 50 == 0 ? home : node;
                } else {
                    node = cluster.isRunning(node) ? node : 1 + node % cluster.size();
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }

        private synchronized void acknowledge(final long number) {
            count = number;
            acknowledged.add(System.nanoTime());
        }

        /** 0 = none yet. */
        synchronized long firstAfter(final long nanos) {
            for (int i = acknowledged.size() - 1; i >= 0; i--) {
                if (acknowledged.get(i) <= nanos) {
                    return i + 1 < acknowledged.size() ? acknowledged.get(i + 1) : 0;
                }
            }
            return acknowledged.isEmpty() ? 0 : acknowledged.get(0);
        }

        synchronized long lastBefore(final long nanos) {
            for (int i = acknowledged.size() - 1; i >= 0; i--) {
                if (acknowledged.get(i) <= nanos) {
                    return acknowledged.get(i);
                }
            }
            throw new IllegalStateException(key + " had nothing acknowledged before");
        }

        /** What is there is what was acknowledged last, or what was tried after it and may have happened. */
        void assertNothingLost(final int node) throws InterruptedException {
            final Told[] told = new Told[1];
            await().atMost(GO_ON).until(() -> {
                told[0] = registers.read(node, key);
                return told[0].outcome() == Outcome.OK;
            });
            assertThat(told[0].observed()).as(key).isNotEqualTo(Operation.ABSENT);
            assertThat(Long.parseLong(told[0].observed().substring(1)))
                    .as("the last write of %s at node %d, of which the last acknowledged is", key, node)
                    .isBetween(count, tried);
        }
    }
}
