package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real nodes; the disk of the leader fills up, then that of a follower. */
class FullDiskIT {
    private static final Duration FULL = Duration.ofMinutes(2);
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int EXIT_FAILED = 1;

    @TempDir
    private Path folder;

    private ProcessCluster cluster;
    private Facts facts;
    private Writes writes;

    @Test
    void nodeOnAFullDiskEndsTheOthersGoOnAndNothingAcknowledgedIsLost() throws Exception {
        final List<SmallDisk> disks = new ArrayList<>();
        cluster = new ProcessCluster(folder, 3);
        try {
            for (int n = 1; n <= 3; n++) {
                final SmallDisk disk = SmallDisk.at(cluster.data(n));
                assumeTrue(disk != null, "no small file systems: mounting them needs root");
                disks.add(disk);
            }
            for (int n = 1; n <= 3; n++) {
                cluster.start(n);
            }
            facts = new Facts(cluster);
            facts.awaitReady(facts.all());
            cluster.login();
            facts.awaitVoters(3, facts.all());
            writes = new Writes(cluster);

            final int leader = facts.leader(3);
            fillUp(leader, disks.get(leader - 1));
            final int follower = facts.except(facts.leader(3))[0];
            fillUp(follower, disks.get(follower - 1));
            System.out.printf(
                    "held on full disks: %d definitions, %d registrations%n",
                    writes.definitions().size(), writes.instances().size());
        } finally {
            cluster.close();
            for (final SmallDisk disk : disks) {
                disk.close();
            }
        }
    }

    private void fillUp(final int victim, final SmallDisk disk) throws Exception {
        final int other = facts.except(victim)[0];
        assertThat(writes.define(victim)).isTrue();
        assertThat(writes.register(victim)).isTrue();
        disk.fill();
        // What had been reserved is used up first.
        await().atMost(FULL).pollInterval(Duration.ofMillis(5)).until(() -> {
            writes.defineLarge(victim);
            writes.register(victim);
            return !cluster.isRunning(victim);
        });
        assertThat(cluster.awaitEnd(victim, FULL)).isEqualTo(EXIT_FAILED);
        final String log = Files.readString(cluster.log(victim));
        assertThat(log).contains("this node cannot go on: ").containsPattern("cannot go on: .*" + cluster.data(victim));
        await().atMost(SOON).until(() -> writes.define(other) && writes.register(other));

        // Started again too early: not a thing to repair by hand.
        final int from = Files.readString(cluster.log(victim)).length();
        cluster.start(victim);
        assertThat(cluster.awaitEnd(victim, FULL)).isEqualTo(EXIT_FAILED);
        assertThat(Files.readString(cluster.log(victim)).substring(from))
                .contains("the disk is full", cluster.data(victim).toString());

        disk.free();
        final long startNanos = System.nanoTime();
        cluster.start(victim);
        facts.awaitReady(victim);
        System.out.printf("ready %d ms after there was space%n", Facts.millisSince(startNanos));
        for (final int n : facts.all()) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(writes.definitionsAt(n)).containsAll(writes.definitions());
                assertThat(writes.instancesAt(n)).containsAll(writes.instances());
            });
        }
    }
}
