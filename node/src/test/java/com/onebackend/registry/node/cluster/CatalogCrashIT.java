package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real nodes that are killed and stopped at any moment while definitions are saved. */
class CatalogCrashIT {
    private static final boolean IS_LONG = Boolean.getBoolean("long");
    private static final int ROUNDS = IS_LONG ? 100 : 3;
    private static final int INSTALL_KILLS = IS_LONG ? 50 : 2;
    private static final int[] PAUSE_SECONDS = IS_LONG ? new int[] {60, 120} : new int[] {8};
    private static final int WRITERS = 4;
    private static final int SNAPSHOT_ENTRIES = 50;
    /** Several snapshots, and all that is kept before them. */
    private static final int BEHIND_ENTRIES = 6 * SNAPSHOT_ENTRIES;

    private static final Duration RUNS_AGAIN = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    private static Path folder;

    private static final String BEGUN = "catalog rows are being replaced";
    private static final String DONE = "catalog rows replaced";

    private static ProcessCluster cluster;
    private static Facts facts;
    /** Null where syncs cannot be made slow. */
    private static SyncFaults faults;

    private final Random random = new Random(Long.getLong("registry.seed", System.nanoTime()));
    private Writes writes;
    private volatile boolean isStopped;

    @BeforeAll
    static void startThree() throws Exception {
        faults = SyncFaults.in(folder);
        cluster = new ProcessCluster(folder, 3);
        facts = new Facts(cluster);
        for (int n = 1; n <= 3; n++) {
            start(n);
        }
        facts.awaitReady(facts.all());
        cluster.login();
        facts.awaitVoters(3, facts.all());
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    private static void start(final int n) throws IOException {
        final var environment = cluster.environment(n);
        environment.put("OB_CATALOG_SNAPSHOT_ENTRIES", Integer.toString(SNAPSHOT_ENTRIES));
        cluster.start(n, environment);
    }

    /** Each sync of its store takes two seconds, and the last step of an installation is one. */
    private static void startSlowly(final int n) throws IOException {
        final var environment = cluster.environment(n);
        environment.put("OB_CATALOG_SNAPSHOT_ENTRIES", Integer.toString(SNAPSHOT_ENTRIES));
        faults.preload(environment);
        faults.delay("/node-" + n + "/data/store/");
        cluster.start(n, environment);
    }

    private static String newLog(final int n, final long from) throws IOException {
        final byte[] log = Files.readAllBytes(cluster.log(n));
        return new String(log, (int) from, log.length - (int) from, StandardCharsets.UTF_8);
    }

    /** The others begin anew with what they have, and can send nothing but all of it. */
    private static void forgetTheEndOfTheLog(final int... nodes) throws Exception {
        for (final int n : nodes) {
            cluster.kill(n);
        }
        for (final int n : nodes) {
            start(n);
        }
        facts.awaitReady(nodes);
    }

    /** Node {@code n} dies while the rows that others sent are on their way into its store. */
    private static void killInsideInstallation(final int n) throws Exception {
        // With nothing of its own it needs all rows, whatever is left of the log elsewhere.
        cluster.wipe(n);
        final long from = Files.exists(cluster.log(n)) ? Files.size(cluster.log(n)) : 0;
        startSlowly(n);
        try {
            await().atMost(Duration.ofSeconds(45))
                    .pollInterval(Duration.ofMillis(5))
                    .pollInSameThread()
                    .until(() -> newLog(n, from).contains(BEGUN));
            cluster.kill(n);
        } finally {
            faults.clear();
        }
        assertThat(newLog(n, from))
                .as("it died before the end of it")
                .contains(BEGUN)
                .doesNotContain(DONE);
    }

    @BeforeEach
    void begin() {
        writes = new Writes(cluster);
    }

    /** At every node the same, and in it everything that was acknowledged. */
    private void assertEqualAndNothingLost() {
        await().atMost(SOON).untilAsserted(() -> {
            final String first = definitions(1);
            assertThat(definitions(2)).isEqualTo(first);
            assertThat(definitions(3)).isEqualTo(first);
            assertThat(writes.definitionsAt(1)).containsAll(writes.definitions());
        });
    }

    /** With everything the node knows of them. */
    private static String definitions(final int n) {
        final ProcessCluster.Answer answer = cluster.get(n, "/registry-svc/definitions");
        assertThat(answer.status()).isEqualTo(200);
        return answer.body();
    }

    private List<CompletableFuture<Void>> startWriters() {
        final List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            final Random choice = new Random(random.nextLong());
            writers.add(CompletableFuture.runAsync(
                    () -> {
                        while (!isStopped) {
                            writes.define(1 + choice.nextInt(3));
                        }
                    },
                    task -> new Thread(task, "writer").start()));
        }
        return writers;
    }

    @Test
    void acknowledgedDefinitionsSurviveKillNineOfAnyNodes() throws Exception {
        final List<CompletableFuture<Void>> writers = startWriters();
        for (int round = 0; round < ROUNDS; round++) {
            // Every second time all of them.
            final int victims = round % 2 == 0 ? 7 : 1 + random.nextInt(7);
            // Any moment will do, and none in particular.
            TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(2_000));
            for (int n = 1; n <= 3; n++) {
                if ((victims & 1 << (n - 1)) != 0) {
                    cluster.kill(n);
                }
            }
            for (int n = 1; n <= 3; n++) {
                if (!cluster.isRunning(n)) {
                    start(n);
                }
            }
            facts.awaitReady(facts.all());
            final int before = writes.definitions().size();
            await().atMost(SOON).until(() -> writes.definitions().size() > before);
        }
        isStopped = true;
        writers.forEach(CompletableFuture::join);
        assertEqualAndNothingLost();
        System.out.printf(
                "held over %d rounds of kill -9: %d definitions%n",
                ROUNDS, writes.definitions().size());
        assertThat(writes.definitions()).hasSizeGreaterThan(50);
    }

    @Test
    void snapshotWhoseInstallationIsKilledLeavesNoPartialState() throws Exception {
        final int victim = facts.except(facts.leader(3))[0];
        cluster.kill(victim);
        for (int kill = 0; kill < INSTALL_KILLS; kill++) {
            final int leader = facts.except(victim)[0];
            long longestNanos = 0;
            long lastNanos = System.nanoTime();
            final int until = writes.definitions().size() + BEHIND_ENTRIES;
            while (writes.definitions().size() < until) {
                if (writes.define(leader)) {
                    longestNanos = Math.max(longestNanos, System.nanoTime() - lastNanos);
                    lastNanos = System.nanoTime();
                }
            }
            System.out.printf(
                    "longest gap between writes while snapshots were taken and the log cut: %d ms%n",
                    TimeUnit.NANOSECONDS.toMillis(longestNanos));
            if (faults != null && kill % 2 == 0) {
                forgetTheEndOfTheLog(facts.except(victim));
                killInsideInstallation(victim);
                continue;
            }
            start(victim);
            // From before Raft runs until after it has caught up.
            TimeUnit.MILLISECONDS.sleep(1_000 + random.nextInt(4_000));
            cluster.kill(victim);
        }
        start(victim);
        facts.awaitReady(victim);
        assertEqualAndNothingLost();
        facts.awaitVoting(facts.all());
    }

    @Test
    void nodeThatStoodStillRunsAgainSoon() throws Exception {
        for (final int seconds : PAUSE_SECONDS) {
            final int leader = facts.leader(3);
            standStill(leader, seconds);
            standStill(facts.except(facts.leader(3))[0], seconds);
        }
        assertEqualAndNothingLost();
    }

    private void standStill(final int victim, final int seconds) throws Exception {
        facts.awaitVoting(facts.all());
        cluster.pause(victim);
        try {
            final int other = facts.except(victim)[0];
            await().atMost(SOON).until(() -> writes.define(other));
            TimeUnit.SECONDS.sleep(seconds);
        } finally {
            cluster.resume(victim);
        }
        final long startNanos = System.nanoTime();
        await().atMost(RUNS_AGAIN).pollInterval(Duration.ofMillis(50)).until(() -> writes.define(victim));
        System.out.printf("writes again %d ms after %d s standing still%n", Facts.millisSince(startNanos), seconds);
        assertThat(cluster.isRunning(victim)).isTrue();
    }
}
