package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The leader's disk takes two seconds for every sync: the catalog is slow or led by another, and loses nothing. */
class SlowLeaderIT {
    private static final long SLOW_SECONDS = Boolean.getBoolean("long") ? 120 : 15;
    private static final long ANSWER_MILLIS_MAX = 10_000;
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    @Test
    void slowLeaderOfThreeLosesNothingAndTheOthersGetTheirWritesIn() throws Exception {
        final SyncFaults faults = SyncFaults.in(folder);
        assumeTrue(faults != null, "no C compiler: fsync cannot be made slow");
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            final Facts facts = new Facts(cluster);
            for (int n = 1; n <= 3; n++) {
                final var environment = cluster.environment(n);
                faults.preload(environment);
                cluster.start(n, environment);
            }
            facts.awaitReady(facts.all());
            cluster.login();
            facts.awaitVoters(3, facts.all());
            final Writes writes = new Writes(cluster);
            assertThat(writes.define(1)).isTrue();

            final int slow = facts.leader(3);
            final int other = facts.except(slow)[0];
            faults.delay("/node-" + slow + "/data/raft/");
            int done = 0;
            int tried = 0;
            long longestMillis = 0;
            final long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SLOW_SECONDS);
            try {
                while (System.nanoTime() - untilNanos < 0) {
                    final long startNanos = System.nanoTime();
                    done += writes.define(tried % 2 == 0 ? other : slow) ? 1 : 0;
                    tried++;
                    longestMillis = Math.max(longestMillis, Facts.millisSince(startNanos));
                }
            } finally {
                faults.clear();
            }
            System.out.printf(
                    "leader with 2 s per sync for %d s: %d of %d writes acknowledged, the longest answer after %d ms,"
                            + " led by node %d before and by node %d after%n",
                    SLOW_SECONDS, done, tried, longestMillis, slow, facts.leader(3));
            assertThat(done).as("writes that came through meanwhile").isPositive();
            assertThat(longestMillis).isLessThan(ANSWER_MILLIS_MAX);
            for (int n = 1; n <= 3; n++) {
                assertThat(cluster.isRunning(n)).isTrue();
                final int at = n;
                await().atMost(SOON).until(() -> writes.define(at));
            }
            for (int n = 1; n <= 3; n++) {
                final int at = n;
                await().atMost(SOON)
                        .untilAsserted(
                                () -> assertThat(writes.definitionsAt(at)).containsAll(writes.definitions()));
            }
            facts.awaitVoters(3, facts.all());
        }
    }
}
