package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Voters, the founder first, that lose what they voted by. One cluster of three voters, told as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LostVoterIT {
    private static final Duration LONG = Duration.ofMinutes(4);
    private static final int CONFIG = 78;

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;
    private static String clusterId;

    @BeforeAll
    static void startThreeVoters() throws IOException {
        cluster = new ProcessCluster(folder, 3);
        for (int n = 1; n <= 3; n++) {
            cluster.start(n);
        }
        for (int n = 1; n <= 3; n++) {
            awaitReady(n);
        }
        cluster.login();
        clusterId = clusterId(1);
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(saveDefinition(2).status()).isEqualTo(201));
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void founderWhoseDiskIsWipedJoinsTheClusterAndNeverFoundsAnother() throws Exception {
        awaitThreeVoters(2);
        cluster.kill(1);
        Files.move(cluster.data(1), cluster.data(1).resolveSibling("data-lost"));
        cluster.start(1);
        awaitReady(1);
        assertThat(clusterId(1)).isEqualTo(clusterId).isEqualTo(clusterId(3));
        assertThat(cluster.get(1, "/registry-svc/definitions").body()).contains("\"kept\"");
        assertThat(cluster.get(2, "/registry-svc/nodes").json().path("nodes")).hasSize(3);
        // Until its old vote was taken back and a new one given, the two others are all there is.
        await().atMost(LONG).until(() -> hasRaftLog(1));
        awaitThreeVoters(2);
    }

    @Test
    @Order(2)
    void voterWithoutItsRaftFolderRefusesUntilItMayBeginAnew() throws Exception {
        awaitThreeVoters(2);
        cluster.kill(3);
        Files.move(cluster.data(3).resolve("raft"), cluster.data(3).resolveSibling("raft-lost"));
        cluster.start(3);
        assertThat(cluster.awaitEnd(3, LONG)).isEqualTo(CONFIG);
        assertThat(cluster.logTail(3))
                .contains("has voted in cluster " + clusterId)
                .contains("OB_REJOIN=new-generation");

        final Map<String, String> anew = cluster.environment(3);
        anew.put("OB_REJOIN", "new-generation");
        cluster.start(3, anew);
        awaitReady(3);
        assertThat(clusterId(3)).isEqualTo(clusterId);
        assertThat(cluster.get(3, "/registry-svc/definitions").body()).contains("\"kept\"");
        assertThat(cluster.get(2, "/registry-svc/nodes").json().path("nodes")).hasSize(3);
        try (Stream<Path> entries = Files.list(cluster.data(3))) {
            assertThat(entries.filter(entry -> entry.getFileName().toString().startsWith("removed-")))
                    .hasSize(1);
        }
        await().atMost(LONG).until(() -> hasRaftLog(3));
        awaitThreeVoters(2);
    }

    @Test
    @Order(3)
    void deadVoterThatWasRemovedReturnsWithoutAVoteAndRaisesNoTerm() throws Exception {
        cluster.kill(3);
        await().atMost(LONG).until(() -> cluster.states(2).get("node-3").equals("dead"));
        await().atMost(LONG)
                .until(() -> cluster.delete(2, "/registry-svc/node/" + cluster.url(3))
                                .status()
                        == 204);
        final String term = term();
        cluster.start(3);
        await().atMost(LONG)
                .pollInterval(100, TimeUnit.MILLISECONDS)
                .ignoreExceptions()
                .until(() ->
                        cluster.get(3, "/health").json().path("reason").asText().contains("removed this node"));
        assertThat(saveDefinition(2).status()).isEqualTo(201);
        assertThat(term()).isEqualTo(term);
        assertThat(cluster.get(2, "/registry-svc/cluster").json().path("voters").toString())
                .doesNotContain("node-3");
    }

    private static ProcessCluster.Answer saveDefinition(final int n) {
        return cluster.put(
                n, "/registry-svc/definition", "{\"definition\":{\"id\":\"kept\",\"image\":{\"name\":\"nginx\"}}}");
    }

    private static void awaitThreeVoters(final int n) {
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(
                                cluster.get(n, "/registry-svc/cluster").json().path("voters"))
                        .hasSize(3));
    }

    /** Who only follows has none. */
    private static boolean hasRaftLog(final int n) throws IOException {
        final Path raft = cluster.data(n).resolve("raft");
        if (!Files.isDirectory(raft)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(raft)) {
            return files.anyMatch(file -> file.endsWith("raft-meta"));
        } catch (final UncheckedIOException changing) {
            return false;
        }
    }

    private static String clusterId(final int n) {
        return cluster.get(n, "/registry-svc/cluster").json().path("clusterId").asText();
    }

    private static String term() throws IOException {
        try (Stream<Path> files = Files.walk(cluster.data(2).resolve("raft"))) {
            final Path meta =
                    files.filter(file -> file.endsWith("raft-meta")).findFirst().orElseThrow();
            return Files.readAllLines(meta).stream()
                    .filter(line -> line.startsWith("term"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void awaitReady(final int n) {
        await().atMost(LONG).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(n));
    }
}
