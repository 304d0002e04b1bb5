package com.onebackend.registry.node.cluster;

import static com.onebackend.registry.node.cluster.Facts.millisSince;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster whose network is parted before it is founded, and again while one of its nodes is removed. Three real
 * processes in network namespaces, told as one story.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PartitionedStartIT {
    private static final int NODES = 3;
    private static final Duration SOON = Duration.ofMinutes(1);
    /** A node that founds does so at once when it may. */
    private static final Duration BLOCKED = Duration.ofSeconds(10);
    /** Wanted are 5 s, on a machine that does nothing else. */
    private static final long TOLD_MILLIS_MAX = 15_000;

    @TempDir
    static Path folder;

    private static NetworkLab lab;
    private static ProcessCluster cluster;
    private static Facts facts;

    @BeforeAll
    static void makeNetwork() throws Exception {
        NetworkLab.assumePossible();
        lab = NetworkLab.open(NODES);
        cluster = new ProcessCluster(folder, lab.sites());
        facts = new Facts(cluster);
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        if (cluster != null) {
            cluster.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    @Order(1)
    void seedsThatArePartedAtTheirFirstStartFoundNothingUntilItHeals() throws Exception {
        lab.partition(1);
        for (final int n : facts.all()) {
            cluster.start(n);
        }
        awaitReason(1, cluster.url(2));
        awaitReason(1, cluster.url(3));
        awaitReason(2, "not yet: [" + cluster.url(1) + "]");
        awaitReason(3, "not yet: [" + cluster.url(1) + "]");
        final long blocked = System.nanoTime();
        await().atMost(BLOCKED.plus(SOON)).until(() -> {
            for (final int n : facts.all()) {
                assertThat(reason(n)).as("node " + n).contains("every peer must answer");
            }
            return millisSince(blocked) >= BLOCKED.toMillis();
        });

        lab.heal();
        facts.awaitReady(facts.all());
        cluster.login();
        final Set<String> ids = new TreeSet<>();
        for (final int n : facts.all()) {
            ids.add(cluster.get(n, "/registry-svc/cluster")
                    .json()
                    .path("clusterId")
                    .asText());
        }
        assertThat(ids).hasSize(1).doesNotContain("");
    }

    @Test
    @Order(2)
    void nodeRemovedBehindAPartitionIsToldWhenItHealsAndWhatItTookMeanwhileIsGone() throws Exception {
        facts.awaitVoters(3, facts.all());
        assertThat(facts.register(3, "doomed", "before").status()).isEqualTo(201);
        facts.awaitEqual(SOON, "doomed");
        lab.partition(3);
        facts.awaitDead(SOON, 3, 1, 2);
        // It cannot know: on its side it goes on.
        assertThat(facts.register(3, "doomed", "meanwhile").status()).isEqualTo(201);
        await().atMost(SOON).untilAsserted(() -> {
            final Answer removed = cluster.delete(1, "/registry-svc/node/node-3");
            assertThat(removed.status()).as(removed.body()).isEqualTo(204);
        });
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(facts.ids(1, "doomed")).isEmpty();
            assertThat(facts.ids(2, "doomed")).isEmpty();
        });
        // Long without a majority, it asks for votes again and again.
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.get(3, "/registry-svc/cluster")
                                .json()
                                .path("leader")
                                .asText())
                        .isEmpty());
        final String term = term();

        final long healed = System.nanoTime();
        lab.heal();
        awaitReason(3, "removed this node");
        final long millis = millisSince(healed);
        System.out.printf("told of its removal %d ms after the network healed%n", millis);
        assertThat(millis).isLessThan(TOLD_MILLIS_MAX);
        assertThat(cluster.get(3, "/registry-svc/instances?slug=doomed").status())
                .isEqualTo(503);
        assertThat(term()).isEqualTo(term);
        assertThat(cluster.states(1).getOrDefault("node-3", "removed")).isNotIn("alive", "suspect");
        for (final int n : new int[] {1, 2}) {
            assertThat(facts.ids(n, "doomed")).isEmpty();
            assertThat(cluster.get(n, "/registry-svc/nodes").json().path("nodes"))
                    .hasSize(2);
        }
    }

    @Test
    @Order(3)
    void itJoinsAgainAsANewGenerationWithoutWhatItHadTaken() throws Exception {
        cluster.kill(3);
        final Map<String, String> anew = cluster.environment(3);
        anew.put("OB_REJOIN", "new-generation");
        cluster.start(3, anew);
        facts.awaitReady(3);
        facts.awaitAllAlive(SOON, facts.all());
        assertThat(facts.awaitEqual(SOON, "doomed")).isEmpty();
    }

    private static String reason(final int n) {
        return cluster.get(n, "/health").json().path("reason").asText();
    }

    private static void awaitReason(final int n, final String part) {
        await().atMost(Facts.START)
                .pollInterval(50, TimeUnit.MILLISECONDS)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(reason(n)).contains(part));
    }

    /** Of a voter: one that wants votes again would raise it. */
    private static String term() throws IOException {
        try (Stream<Path> files = Files.walk(cluster.data(1).resolve("raft"))) {
            final Path meta =
                    files.filter(file -> file.endsWith("raft-meta")).findFirst().orElseThrow();
            return Files.readAllLines(meta).stream()
                    .filter(line -> line.startsWith("term"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
