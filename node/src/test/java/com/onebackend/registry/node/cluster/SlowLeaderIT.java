package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The leader's disk takes two seconds for every sync: another one leads soon, and nothing is lost. */
class SlowLeaderIT {
    private static final int WRITES = Boolean.getBoolean("long") ? 1_000 : 20;
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
            final long startNanos = System.nanoTime();
            final long[] longestMillis = new long[1];
            int done = 0;
            final long ledElsewhereMillis;
            try {
                final int[] tried = new int[1];
                await().atMost(SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
                    timed(longestMillis, () -> writes.define(tried[0]++ % 2 == 0 ? slow : other));
                    final int leader = leaderAt(cluster, other);
                    return leader != 0 && leader != slow;
                });
                ledElsewhereMillis = Facts.millisSince(startNanos);
                // Whom it led before may not all have heard of the next one yet.
                await().atMost(SOON).until(() -> writes.define(other));
                for (int i = 0; i < WRITES; i++) {
                    done += timed(longestMillis, () -> writes.define(other)) ? 1 : 0;
                }
            } finally {
                faults.clear();
            }
            System.out.printf(
                    "leader with 2 s per sync: another one led after %d ms, then %d of %d writes elsewhere were"
                            + " acknowledged; the longest answer took %d ms%n",
                    ledElsewhereMillis, done, WRITES, longestMillis[0]);
            assertThat(done).as("writes where the disk is not slow").isGreaterThan(WRITES / 2);
            assertThat(longestMillis[0]).isLessThan(ANSWER_MILLIS_MAX);
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

    private static boolean timed(final long[] longestMillis, final BooleanSupplier write) {
        final long startNanos = System.nanoTime();
        final boolean isDone = write.getAsBoolean();
        longestMillis[0] = Math.max(longestMillis[0], Facts.millisSince(startNanos));
        return isDone;
    }

    /** 0 = it knows none. */
    private static int leaderAt(final ProcessCluster cluster, final int n) {
        final String leader =
                cluster.get(n, "/registry-svc/cluster").json().path("leader").asText();
        return leader.isEmpty() ? 0 : Integer.parseInt(leader.substring(leader.indexOf('-') + 1));
    }
}
