package com.onebackend.registry.node.cluster;

import static com.onebackend.registry.node.cluster.Facts.millisSince;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a node that the cluster removed and that returns. One cluster of three, told as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RemovedNodeIT {
    private static final Logger LOG = LoggerFactory.getLogger(RemovedNodeIT.class);
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Duration START = Duration.ofMinutes(3);
    /** Wanted are 5 s, on a machine that does nothing else. */
    private static final long TOLD_MILLIS_MAX = 15_000;

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;
    private static String termBefore;

    @BeforeAll
    static void startThree() throws IOException {
        cluster = new ProcessCluster(folder, 3);
        for (int n = 1; n <= 3; n++) {
            cluster.start(n);
        }
        awaitReady(1, 2, 3);
        cluster.login();
        register(1, "inst_kept", "kept", "http://198.18.1.1:8080");
        awaitIds("kept", List.of("inst_kept"), 1, 2, 3);
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void deadNodeThatWasRemovedIsToldSoWhenItReturnsAndServesNothing() throws Exception {
        register(3, "inst_of_3", "doomed", "http://198.18.1.3:8080");
        awaitIds("doomed", List.of("inst_of_3"), 1, 2);
        cluster.kill(3);
        await().atMost(SOON).until(() -> cluster.states(1).get("node-3").equals("dead"));
        remove("");
        awaitIds("doomed", List.of(), 1, 2);
        termBefore = term();

        cluster.start(3);
        awaitRemoved();
        assertServesNothing();
        awaitIds("doomed", List.of(), 1, 2);
        assertThat(nodeIds(1)).containsExactly("node-1", "node-2");
        assertThat(cluster.states(1).getOrDefault("node-3", "removed")).isNotIn("alive", "suspect");
        assertThat(term()).isEqualTo(termBefore);
    }

    @Test
    @Order(2)
    void itKnowsAtItsNextStartWithoutAskingAnybody() throws Exception {
        cluster.kill(3);
        final Map<String, String> alone = cluster.environment(3);
        alone.put("OB_PEERS", cluster.url(3));
        cluster.start(3, alone);
        awaitRemoved();
        assertServesNothing();
        assertThat(cluster.processIsAlive(3)).isTrue();
    }

    @Test
    @Order(3)
    void asANewGenerationItIsAMemberAgainHasEverythingAndIsThereOnce() throws Exception {
        // 143 = 128 + SIGTERM: one that serves nothing still ends when it is asked to.
        assertThat(cluster.stop(3)).isEqualTo(143);
        rejoin();
        assertThat(removedFolders()).hasSize(1);
        assertThat(nodeIds(1)).containsExactly("node-1", "node-2", "node-3");
        awaitIds("kept", List.of("inst_kept"), 3);
        register(3, "inst_again", "again", "http://198.18.1.4:8080");
        awaitIds("again", List.of("inst_again"), 1, 2, 3);
        awaitIds("doomed", List.of(), 1, 2, 3);
        await().atMost(SOON).until(() -> cluster.states(1).get("node-3").equals("alive"));
    }

    @Test
    @Order(4)
    void settingThatStaysDoesNothingAtTheNextStart() throws Exception {
        final List<Path> before = removedFolders();
        cluster.kill(3);
        rejoin();
        assertThat(removedFolders()).isEqualTo(before);
        awaitIds("again", List.of("inst_again"), 1, 2, 3);
    }

    @Test
    @Order(5)
    void nodeRemovedWhileNothingReachedItIsToldWithinSeconds() throws Exception {
        cluster.kill(3);
        cluster.start(3);
        awaitReady(3);
        cluster.pause(3);
        remove("?force=true");
        awaitIds("again", List.of(), 1, 2);
        final String term = term();
        cluster.resume(3);
        final long resumed = System.nanoTime();
        awaitRemoved();
        final long millis = millisSince(resumed);
        LOG.info("told after {} ms", millis);
        assertThat(millis).isLessThan(TOLD_MILLIS_MAX);
        assertServesNothing();
        assertThat(term()).isEqualTo(term);
        assertThat(nodeIds(2)).containsExactly("node-1", "node-2");
        awaitIds("again", List.of(), 1, 2);
    }

    @Test
    @Order(6)
    void itRejoinsOnceMoreAndOnlyItsLastFormerLifeIsKept() throws Exception {
        final List<Path> before = removedFolders();
        cluster.kill(3);
        rejoin();
        assertThat(removedFolders()).hasSize(1).isNotEqualTo(before);
        assertThat(nodeIds(2)).containsExactly("node-1", "node-2", "node-3");
        awaitIds("kept", List.of("inst_kept"), 3);
    }

    /** A dead one is gone at once; of a live one the answer tells the steps. */
    private static void remove(final String query) {
        await().atMost(SOON).pollInSameThread().untilAsserted(() -> {
            final Answer answer = cluster.delete(1, "/registry-svc/node/" + cluster.url(3) + query);
            assertThat(answer.status()).as(answer.body()).isEqualTo(query.isEmpty() ? 204 : 200);
        });
    }

    private static void rejoin() throws IOException {
        final Map<String, String> anew = cluster.environment(3);
        anew.put("OB_REJOIN", "new-generation");
        cluster.start(3, anew);
        awaitReady(3);
    }

    /** Before, it may say that it is drained since it is being removed. */
    private static void awaitRemoved() {
        await().atMost(START)
                .pollInterval(100, TimeUnit.MILLISECONDS)
                .ignoreExceptions()
                .until(() ->
                        cluster.get(3, "/health").json().path("reason").asText().contains("removed this node"));
    }

    private static void assertServesNothing() {
        final Answer health = cluster.get(3, "/health");
        assertThat(health.status()).isEqualTo(200);
        assertThat(health.json().path("live").asBoolean()).isTrue();
        assertThat(health.json().path("ready").asBoolean()).isFalse();
        assertThat(cluster.get(3, "/health/ready").status()).isEqualTo(503);
        final List<Answer> answers = List.of(
                cluster.get(3, "/registry-svc/instances?slug=kept"),
                cluster.get(3, "/registry-svc/definitions"),
                cluster.get(3, "/registry-svc/nodes"),
                register(3, "inst_never", "never", "http://198.18.1.9:8080"),
                cluster.delete(3, "/registry-svc/node/" + cluster.url(2)),
                cluster.put(3, "/registry-svc/definition", "{\"definition\":{\"id\":\"never\"}}"));
        for (final Answer answer : answers) {
            assertThat(answer.status()).as(answer.body()).isEqualTo(503);
            assertThat(answer.json().path("error").asText())
                    .startsWith("the cluster removed this node at 20")
                    .contains(" by 1backend")
                    .contains("OB_REJOIN=new-generation");
        }
    }

    /** Of the voter: one that wants votes again would raise it. */
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

    private static List<Path> removedFolders() throws IOException {
        try (Stream<Path> entries = Files.list(cluster.data(3))) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith("removed-"))
                    .toList();
        }
    }

    private static List<String> nodeIds(final int n) {
        return cluster.get(n, "/registry-svc/nodes").json().path("nodes").findValuesAsText("id");
    }

    private static Answer register(final int n, final String id, final String slug, final String url) {
        return cluster.put(
                n,
                "/registry-svc/instance",
                "{\"id\":\"" + id + "\",\"slug\":\"" + slug + "\",\"url\":\"" + url + "\"}");
    }

    private static void awaitIds(final String slug, final List<String> expected, final int... nodes) {
        for (final int n : nodes) {
            await().atMost(SOON).untilAsserted(() -> {
                final Answer answer = cluster.get(n, "/registry-svc/instances?slug=" + slug);
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                assertThat(answer.json().path("instances").findValuesAsText("id"))
                        .containsExactlyInAnyOrderElementsOf(expected);
            });
        }
    }

    private static void awaitReady(final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(n));
        }
    }
}
