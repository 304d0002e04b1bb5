package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The promises of a cluster of three, by real processes that are really killed. One cluster, told as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterOfThreeIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration START = Duration.ofSeconds(90);
    /** In simulations of three it is 3 s in the mean, and 3.9 s the worst of a hundred. */
    private static final long DETECTION_MILLIS_MAX = 6_000;

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;

    @BeforeAll
    static void startThree() throws IOException {
        cluster = new ProcessCluster(folder, 3);
        // The order of the seeds must not matter: the would-be founder starts last.
        for (final int n : new int[] {3, 2, 1}) {
            cluster.start(n);
        }
        awaitReady(1, 2, 3);
        cluster.login();
        awaitThreeVoters();
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void threeSeedsStartedInAnyOrderAreOneCluster() {
        final TreeSet<String> ids = new TreeSet<>();
        for (int n = 1; n <= 3; n++) {
            ids.add(cluster.get(n, "/registry-svc/cluster")
                    .json()
                    .path("clusterId")
                    .asText());
        }
        assertThat(ids).hasSize(1).doesNotContain("");
    }

    @Test
    @Order(2)
    void anInstanceRegisteredAtOneNodeIsReadAtTheOthersAndDeletedAtAThird() {
        assertThat(register(1, "inst_a", "alpha", "http://198.18.0.1:8080").status())
                .isEqualTo(201);
        // Read-your-writes at the node that answered, without waiting.
        assertThat(ids(1, "alpha")).containsExactly("inst_a");
        awaitIds("alpha", List.of("inst_a"), 2, 3);

        assertThat(cluster.delete(3, "/registry-svc/instance/inst_a").status()).isEqualTo(204);
        assertThat(ids(3, "alpha")).isEmpty();
        awaitIds("alpha", List.of(), 1, 2);
        assertThat(cluster.delete(1, "/registry-svc/instance/inst_a").status()).isEqualTo(404);
    }

    @Test
    @Order(3)
    void theSameRegistrationSentToTwoNodesIsOneInstance() {
        register(1, "", "twice", "http://198.18.0.2:8080");
        register(2, "", "twice", "http://198.18.0.2:8080");
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(ids(1, "twice")).hasSize(1);
            assertThat(ids(2, "twice")).isEqualTo(ids(1, "twice"));
            assertThat(ids(3, "twice")).isEqualTo(ids(1, "twice"));
        });
    }

    @Test
    @Order(4)
    void aDefinitionSavedAtOneNodeIsReadThereAtOnceAndSoonAtTheOthers() {
        assertThat(saveDefinition(2, "user-svc").status()).isEqualTo(201);
        assertThat(definitions(2)).contains("user-svc");
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(definitions(1)).contains("user-svc");
            assertThat(definitions(3)).contains("user-svc");
        });
    }

    @Test
    @Order(5)
    void everyNodeListsAllThreeWithPlaceUsageAndHeartbeat() {
        for (int n = 1; n <= 3; n++) {
            final int at = n;
            await().atMost(SOON).untilAsserted(() -> {
                final JsonNode nodes =
                        cluster.post(at, "/registry-svc/nodes", "{}").json().path("nodes");
                assertThat(nodes).hasSize(3);
                for (final JsonNode node : nodes) {
                    assertThat(node.path("region").asText()).isEqualTo("local");
                    assertThat(node.path("availabilityZone").asText()).startsWith("local-");
                    assertThat(node.at("/usage/memory/percent").asDouble()).isPositive();
                    assertThat(node.at("/usage/disk/total").asLong()).isPositive();
                    assertThat(node.path("gpus").isArray()).isTrue();
                    assertThat(node.path("lastHeartbeat").asText()).startsWith("20");
                }
            });
        }
    }

    @Test
    @Order(6)
    void whenOneOfThreeIsKilledTheOthersGoOnAndItCatchesUpWhenItReturns() throws Exception {
        final Detections detections = new Detections(cluster);
        detections.kill(2);
        // Beside it: to find another leader may take longer than to see that a node is dead.
        final CompletableFuture<Void> saved = CompletableFuture.runAsync(() ->
                await().atMost(SOON).until(() -> saveDefinition(3, "meanwhile").status() == 201));
        assertThat(register(1, "inst_k", "meanwhile", "http://198.18.0.3:8080").status())
                .isEqualTo(201);
        awaitIds("meanwhile", List.of("inst_k"), 3);
        detections.awaitKnown(SOON);
        saved.join();

        cluster.start(2);
        final long started = System.nanoTime();
        awaitReady(2);
        detections.judge();
        System.out.printf("seen dead by both others: %s%n", detections.summary());
        assertThat(detections.counted()).allMatch(millis -> millis < DETECTION_MILLIS_MAX);
        awaitIds("meanwhile", List.of("inst_k"), 2);
        await().atMost(SOON).until(() -> definitions(2).contains("meanwhile"));
        System.out.printf("caught up after %d ms%n", millisSince(started));
        await().atMost(SOON)
                .until(() ->
                        state(1, "node-2").equals("alive") && state(3, "node-2").equals("alive"));
    }

    @Test
    @Order(7)
    void theLastOfThreeStillDiscoversAndRegistersButRefusesDefinitionsAtOnce() throws Exception {
        register(1, "inst_before", "lonely", "http://198.18.0.4:8080");
        awaitIds("lonely", List.of("inst_before"), 3);
        cluster.kill(1);
        cluster.kill(2);
        assertThat(ids(3, "lonely")).containsExactly("inst_before");
        assertThat(register(3, "inst_during", "lonely", "http://198.18.0.5:8080")
                        .status())
                .isEqualTo(201);

        final long start = System.nanoTime();
        final Answer refused = saveDefinition(3, "without-majority");
        final long millis = millisSince(start);
        assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        assertThat(refused.json().path("error").asText()).isNotEmpty();
        assertThat(refused.json().path("happened").asText()).isIn("no", "unknown");
        System.out.printf("refused with %d after %d ms: %s%n", refused.status(), millis, refused.body());
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(saveDefinition(3, "without-majority")
                                .json()
                                .path("happened")
                                .asText())
                        .isEqualTo("no"));

        cluster.start(1);
        cluster.start(2);
        awaitReady(1, 2);
        awaitIds("lonely", List.of("inst_before", "inst_during"), 1, 2, 3);
        await().atMost(SOON).until(() -> saveDefinition(3, "with-majority").status() == 201);
    }

    @Test
    @Order(8)
    void nothingAcknowledgedIsLostWhenAllAreKilledAndStartedAgain() throws Exception {
        final List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            final String id = "inst_kept_" + i;
            if (register(1 + i % 3, id, "kept", "http://198.18.1." + i + ":8080")
                            .status()
                    == 201) {
                acknowledged.add(id);
            }
        }
        for (int n = 1; n <= 3; n++) {
            cluster.kill(n);
        }
        for (int n = 1; n <= 3; n++) {
            cluster.start(n);
        }
        awaitReady(1, 2, 3);
        acknowledged.sort(null);
        awaitIds("kept", acknowledged, 1, 2, 3);
        assertThat(definitions(1)).contains("user-svc", "meanwhile", "with-majority");
        // What was deleted long before does not come back.
        assertThat(ids(1, "alpha")).isEmpty();
    }

    @Test
    @Order(9)
    void aNodeStopsCleanlyOnSigtermAndIsKnownToHaveLeft() throws Exception {
        // 143 = 128 + SIGTERM: how a JVM that was asked to end, ends.
        assertThat(cluster.stop(3)).isEqualTo(143);
        await().atMost(SOON).until(() -> state(1, "node-3").equals("left"));
        cluster.start(3);
        awaitReady(3);
        await().atMost(SOON).until(() -> state(1, "node-3").equals("alive"));
    }

    @Test
    @Order(10)
    void aDeadNodeIsRemovedWithItsInstancesAndALiveOneIsNot() throws Exception {
        assertThat(cluster.delete(1, "/registry-svc/node/" + cluster.url(3)).status())
                .isEqualTo(409);
        register(3, "inst_of_3", "doomed", "http://198.18.0.9:8080");
        awaitIds("doomed", List.of("inst_of_3"), 1);
        cluster.kill(3);
        await().atMost(SOON).until(() -> state(1, "node-3").equals("dead"));
        await().atMost(SOON)
                .until(() -> cluster.delete(1, "/registry-svc/node/" + cluster.url(3))
                                .status()
                        == 204);
        awaitIds("doomed", List.of(), 1, 2);
        await().atMost(SOON)
                .until(() -> cluster.get(2, "/registry-svc/nodes")
                                .json()
                                .path("nodes")
                                .size()
                        == 2);
    }

    @Test
    @Order(11)
    void aRemovedNodeThatReturnsSaysWhyItServesNothingAndJoinsAgainWithAnEmptyFolder() throws Exception {
        cluster.start(3);
        await().atMost(START)
                .ignoreExceptions()
                .until(() ->
                        cluster.get(3, "/health").json().path("reason").asText().contains("removed this node"));
        assertThat(cluster.isReady(3)).isFalse();
        assertThat(cluster.isReady(1)).isTrue();
        assertThat(state(1, "node-3")).isNotEqualTo("alive");

        cluster.kill(3);
        Files.move(cluster.data(3), cluster.data(3).resolveSibling("data-removed"));
        cluster.start(3);
        awaitReady(3);
        register(3, "inst_again", "again", "http://198.18.0.10:8080");
        awaitIds("again", List.of("inst_again"), 1, 2, 3);
        awaitIds("doomed", List.of(), 1, 2, 3);
        awaitIds("kept", ids(1, "kept"), 3);
        await().atMost(SOON).until(() -> saveDefinition(3, "again").status() == 201);
        await().atMost(SOON).until(() -> definitions(1).contains("again"));
    }

    @Test
    @Order(12)
    void aNodeThatLostItsDiskIsFilledByTheOthers() throws Exception {
        // While two vote, because the third has only just joined again, the disk of one is half of the catalog.
        awaitThreeVoters();
        cluster.kill(2);
        Files.move(cluster.data(2), cluster.data(2).resolveSibling("data-lost"));
        cluster.start(2);
        awaitReady(2);
        // Ready means that it answers like the others, from its first answer on.
        assertThat(ids(2, "kept")).containsExactlyInAnyOrderElementsOf(ids(1, "kept"));
        assertThat(definitions(2)).contains("user-svc", "again");
        assertThat(register(2, "inst_refilled", "again", "http://198.18.0.11:8080")
                        .status())
                .isEqualTo(201);
        awaitIds("again", List.of("inst_again", "inst_refilled"), 1, 3);
        await().atMost(SOON).until(() -> saveDefinition(2, "refilled").status() == 201);
        await().atMost(SOON).until(() -> state(1, "node-2").equals("alive"));
    }

    private static Answer register(final int n, final String id, final String slug, final String url) {
        return cluster.put(
                n,
                "/registry-svc/instance",
                "{\"id\":\"" + id + "\",\"slug\":\"" + slug + "\",\"url\":\"" + url + "\"}");
    }

    private static Answer saveDefinition(final int n, final String id) {
        return cluster.put(
                n,
                "/registry-svc/definition",
                "{\"definition\":{\"id\":\"" + id + "\",\"image\":{\"name\":\"nginx\"}}}");
    }

    private static List<String> ids(final int n, final String slug) {
        final Answer answer = cluster.get(n, "/registry-svc/instances?slug=" + slug);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().path("instances").findValuesAsText("id");
    }

    private static void awaitIds(final String slug, final List<String> expected, final int... nodes) {
        for (final int n : nodes) {
            await().atMost(SOON)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .untilAsserted(() -> assertThat(ids(n, slug)).containsExactlyInAnyOrderElementsOf(expected));
        }
    }

    private static List<String> definitions(final int n) {
        return cluster.get(n, "/registry-svc/definitions")
                .json()
                .path("definitions")
                .findValuesAsText("id");
    }

    private static String state(final int n, final String nodeId) {
        return cluster.post(n, "/registry-svc/nodes", "{}")
                .json()
                .path("states")
                .path(nodeId)
                .asText();
    }

    private static void awaitReady(final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(n));
        }
    }

    /** Seconds after they are ready; until then the loss of one may be too much. */
    private static void awaitThreeVoters() {
        new Facts(cluster).awaitVoters(3, 1, 2, 3);
    }

    private static long millisSince(final long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
