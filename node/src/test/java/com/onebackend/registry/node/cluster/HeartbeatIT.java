package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Heartbeats at any node of three real processes, before and after the owner of the instances is killed. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HeartbeatIT {
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration SHOWN = Duration.ofSeconds(8);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int INSTANCES = 12;

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;

    @BeforeAll
    static void startThree() throws IOException {
        cluster = new ProcessCluster(folder, 3);
        for (int n = 1; n <= 3; n++) {
            cluster.start(n);
        }
        for (int n = 1; n <= 3; n++) {
            final int at = n;
            await().atMost(START).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(at));
        }
        cluster.login();
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void heartbeatOfAnUnknownInstanceSaysToRegisterIt() {
        final Answer answer = beat(2, "inst_none");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.json().path("error").asText()).contains("register it in full");
    }

    @Test
    @Order(2)
    void heartbeatAtTheSecondNodeForAnInstanceOfTheFirstShowsAtTheThird() {
        for (int i = 0; i < INSTANCES; i++) {
            assertThat(register(1, i).status()).isEqualTo(201);
        }
        await().atMost(SOON).until(() -> shown(2) == INSTANCES && shown(3) == INSTANCES);
        for (int round = 0; round < 3; round++) {
            final Instant before = Instant.now();
            final Answer answer = beat(2, id(0));
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(time(answer.json().path("instance"))).isAfterOrEqualTo(before.minusMillis(1));
            await().atMost(SHOWN)
                    .untilAsserted(() -> assertThat(lastHeartbeat(3, 0)).isAfterOrEqualTo(before.minusMillis(1)));
        }
    }

    @Test
    @Order(3)
    void registeringTheSameAgainIsAHeartbeat() {
        final Instant before = Instant.now();
        assertThat(register(3, 1).status()).isEqualTo(201);
        for (int n = 1; n <= 3; n++) {
            final int at = n;
            // A service that was just shown is shown again within five seconds more.
            await().atMost(SHOWN.plusSeconds(5))
                    .untilAsserted(() -> assertThat(lastHeartbeat(at, 1)).isAfterOrEqualTo(before.minusMillis(1)));
        }
    }

    @Test
    @Order(4)
    void instancesOutliveTheirKilledOwnerAndItsRemoval() throws Exception {
        cluster.kill(1);
        final Instant killed = Instant.now();
        // Every client at another node each time, and none is ever told that its instance is not there.
        final AtomicInteger round = new AtomicInteger();
        await().during(Duration.ofSeconds(15))
                .atMost(SOON)
                .pollInterval(500, TimeUnit.MILLISECONDS)
                .until(() -> allBeat(round.incrementAndGet()) && shown(2) == INSTANCES && shown(3) == INSTANCES);
        for (int i = 0; i < INSTANCES; i++) {
            final int at = i;
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(lastHeartbeat(2, at)).isAfter(killed);
                assertThat(lastHeartbeat(3, at)).isAfter(killed);
            });
        }
        // With the node go the instances it still owns: none.
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.delete(2, "/registry-svc/node/" + cluster.url(1))
                                .status())
                        .isEqualTo(204));
        await().during(Duration.ofSeconds(3)).atMost(SOON).until(() -> shown(2) == INSTANCES && shown(3) == INSTANCES);
        assertThat(beat(3, id(0)).status()).isEqualTo(200);
    }

    private static boolean allBeat(final int round) {
        for (int i = 0; i < INSTANCES; i++) {
            if (beat(2 + (round + i) % 2, id(i)).status() != 200) {
                return false;
            }
        }
        return true;
    }

    private static String id(final int i) {
        return "inst_" + i;
    }

    private static Answer register(final int n, final int i) {
        final String body = "{\"id\":\"" + id(i) + "\",\"slug\":\"beating\",\"url\":\"http://198.18.0.1:" + (8_000 + i)
                + "\",\"status\":\"Healthy\"}";
        return cluster.put(n, "/registry-svc/instance", body);
    }

    private static Answer beat(final int n, final String id) {
        return cluster.put(n, "/registry-svc/instance/" + id + "/heartbeat", "");
    }

    private static int shown(final int n) {
        return instances(n).size();
    }

    private static JsonNode instances(final int n) {
        return cluster.get(n, "/registry-svc/instances?slug=beating").json().path("instances");
    }

    private static Instant lastHeartbeat(final int n, final int i) {
        for (final JsonNode instance : instances(n)) {
            if (instance.path("id").asText().equals(id(i))) {
                return time(instance);
            }
        }
        throw new AssertionError("node " + n + " does not show " + id(i));
    }

    private static Instant time(final JsonNode instance) {
        return Instant.parse(instance.path("lastHeartbeat").asText());
    }
}
