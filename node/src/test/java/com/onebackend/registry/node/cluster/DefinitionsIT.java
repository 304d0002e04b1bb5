package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Revisions, history and repeated requests over HTTP, at two real nodes of which one is killed. Told as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DefinitionsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration START = Duration.ofMinutes(2);
    private static final String SAVE = "/registry-svc/definition";
    private static final String ONE = "/registry-svc/definition/web";
    private static final String KEY = "Idempotency-Key";

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;

    @BeforeAll
    static void startTwo() throws IOException {
        cluster = new ProcessCluster(folder, 2);
        // Both, before either is waited for: a cluster is founded by all its seeds together.
        cluster.start(1);
        cluster.start(2);
        await().atMost(START).until(() -> cluster.isReady(1) && cluster.isReady(2));
        cluster.login();
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    private static String body(final String image) {
        return "{\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"" + image + "\"}}}";
    }

    private static String header(final HttpResponse<String> answer, final String name) {
        return answer.headers().firstValue(name).orElse("none");
    }

    private static void assertSaved(final HttpResponse<String> answer, final int revision) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        assertThat(header(answer, "ETag")).isEqualTo("\"" + revision + "\"");
    }

    @Test
    @Order(1)
    void requestSentTwiceToTwoNodesIsOneSave() {
        assertSaved(cluster.exchange(2, "PUT", SAVE, body("one"), KEY, "k1"), 1);
        assertSaved(cluster.exchange(1, "PUT", SAVE, body("one"), KEY, "k1"), 1);
        assertSaved(cluster.exchange(2, "PUT", SAVE, body("one"), KEY, "k1"), 1);

        final HttpResponse<String> other = cluster.exchange(1, "PUT", SAVE, body("two"), KEY, "k1");
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains(KEY);
    }

    @Test
    @Order(2)
    void saveThatComesTooLateIsToldWhoWasQuicker() {
        assertSaved(cluster.exchange(2, "PUT", SAVE, body("two"), "If-Match", "\"1\""), 2);

        final HttpResponse<String> late = cluster.exchange(1, "PUT", SAVE, body("late"), "If-Match", "\"1\"");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("at revision 2", "1backend", "not at 1");
        assertThat(cluster.exchange(1, "GET", ONE, null).body()).contains("\"two\"");
    }

    @Test
    @Order(3)
    void removedDefinitionKeepsItsHistoryAndCountsOn() {
        assertThat(cluster.exchange(1, "DELETE", ONE + "?revision=1", null).statusCode())
                .isEqualTo(409);
        assertThat(cluster.exchange(1, "DELETE", ONE + "?revision=2", null).statusCode())
                .isEqualTo(204);
        final HttpResponse<String> history = cluster.exchange(2, "GET", ONE + "/history?consistency=strong", null);
        assertThat(history.body())
                .containsSubsequence(
                        "\"revision\":3", "\"deleted\"", "\"revision\":2", "\"saved\"", "\"revision\":1", "\"saved\"");
        assertThat(cluster.exchange(2, "GET", ONE + "/history?revision=1", null).body())
                .contains("\"one\"");
        assertThat(cluster.exchange(2, "GET", ONE, null).statusCode()).isEqualTo(404);
        assertSaved(cluster.exchange(2, "PUT", SAVE, body("four"), "If-None-Match", "*"), 4);
    }

    @Test
    @Order(4)
    void strongReadShowsEveryAcknowledgedWriteWithItsIndex() {
        assertSaved(cluster.exchange(1, "PUT", SAVE, body("five")), 5);
        final long written = Long.parseLong(header(cluster.exchange(1, "GET", ONE, null), "X-Catalog-Index"));

        final HttpResponse<String> strong = cluster.exchange(2, "GET", ONE + "?consistency=strong", null);
        assertThat(strong.body()).contains("\"five\"");
        assertThat(header(strong, "X-Catalog-Age-Millis")).isEqualTo("0");
        assertThat(Long.parseLong(header(strong, "X-Catalog-Index"))).isGreaterThanOrEqualTo(written);
    }

    @Test
    @Order(5)
    void writeThatFailedWithoutAMajorityIsSentAgainSafely() throws Exception {
        cluster.kill(1);
        final HttpResponse<String> failed = cluster.exchange(2, "PUT", SAVE, body("six"), KEY, "k6");
        assertThat(failed.statusCode()).as(failed.body()).isEqualTo(503);
        assertThat(failed.body()).containsPattern("\"happened\":\"(no|unknown)\"");
        await().atMost(SOON)
                .until(() -> header(cluster.exchange(2, "GET", ONE, null), "X-Catalog-Stale")
                        .equals("true"));
        assertThat(cluster.exchange(2, "GET", ONE, null).body()).contains("\"five\"");

        cluster.start(1);
        await().atMost(START).until(() -> cluster.isReady(1));
        await().atMost(SOON)
                .untilAsserted(() -> assertSaved(cluster.exchange(2, "PUT", SAVE, body("six"), KEY, "k6"), 6));
        await().atMost(SOON)
                .untilAsserted(() -> assertSaved(cluster.exchange(1, "PUT", SAVE, body("six"), KEY, "k6"), 6));
        await().atMost(SOON)
                .until(() -> header(cluster.exchange(2, "GET", ONE, null), "X-Catalog-Stale")
                        .equals("none"));
    }

    @Test
    @Order(6)
    void removalOfANodeSentAgainIsAnsweredTheSame() throws Exception {
        cluster.kill(2);
        await().atMost(SOON).until(() -> "dead".equals(cluster.states(1).get("node-2")));
        final String node = "/registry-svc/node/node-2";
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.exchange(1, "DELETE", node, null, KEY, "rm")
                                .statusCode())
                        .isEqualTo(204));
        final JsonNode nodes = cluster.get(1, "/registry-svc/nodes").json().path("nodes");
        assertThat(nodes).hasSize(1);
        assertThat(cluster.exchange(1, "DELETE", node, null, KEY, "rm").statusCode())
                .isEqualTo(204);
        assertThat(cluster.exchange(1, "DELETE", node, null, KEY, "another").statusCode())
                .isEqualTo(404);
        assertThat(cluster.exchange(1, "DELETE", node, null).statusCode()).isEqualTo(404);
    }
}
