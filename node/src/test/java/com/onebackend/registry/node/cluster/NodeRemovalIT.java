package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Nodes leave a cluster of four for good, one after the other, each in another way. One story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NodeRemovalIT {
    private static final int NODES = 4;
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;
    private static Facts facts;

    @BeforeAll
    static void startFour() throws IOException {
        cluster = new ProcessCluster(folder, NODES);
        facts = new Facts(cluster);
        for (int n = 1; n <= NODES; n++) {
            cluster.start(n);
        }
        facts.awaitReady(facts.all());
        cluster.login();
        facts.awaitAllAlive(SOON, facts.all());
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void aLiveNodeIsNotRemovedWithoutForceAndAnUnknownOneNotFound() {
        final Answer alive = cluster.delete(2, "/registry-svc/node/" + cluster.url(4));
        assertThat(alive.status()).as(alive.body()).isEqualTo(409);
        assertThat(alive.body()).contains("is alive");
        assertThat(cluster.delete(2, "/registry-svc/node/node-9").status()).isEqualTo(404);
    }

    @Test
    @Order(2)
    void aDeadNodeGoesAtOnceAndItsInstancesThatHeartbeatElsewhereStay() throws Exception {
        assertThat(facts.register(4, "gone", "gone.1").status()).isEqualTo(201);
        assertThat(facts.register(4, "stays", "stays.1").status()).isEqualTo(201);
        assertThat(facts.register(1, "others", "others.1").status()).isEqualTo(201);
        facts.awaitEqual(SOON, "stays");
        await().atMost(SOON).until(() -> facts.ids(3, "gone").contains("gone.1"));
        cluster.kill(4);
        facts.awaitDead(SOON, 4, 1, 2, 3);
        await().atMost(SOON)
                .until(() -> cluster.put(2, "/registry-svc/instance/stays.1/heartbeat", "")
                                .status()
                        == 200);

        // Encoded, as the command line sends it; asked at a node that need not vote.
        final String path = "/registry-svc/node/" + URLEncoder.encode(cluster.url(4), StandardCharsets.UTF_8);
        final Answer removed = cluster.delete(3, path);
        assertThat(removed.status()).as(removed.body()).isEqualTo(204);
        final Answer again = cluster.delete(3, path);
        assertThat(again.status()).isEqualTo(404);
        assertThat(again.body()).contains("was removed on 20").contains("by 1backend");
        assertThat(cluster.delete(3, "/registry-svc/node/node-4").body()).contains("was removed on 20");

        for (final int n : new int[] {1, 2, 3}) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(facts.ids(n, "gone")).isEmpty();
                assertThat(facts.ids(n, "stays")).isEqualTo(Set.of("stays.1"));
                assertThat(facts.ids(n, "others")).isEqualTo(Set.of("others.1"));
                assertThat(nodes(n)).isEqualTo(3);
            });
        }
    }

    @Test
    @Order(3)
    void theLeaderRemovesItselfAndTheOthersGoOn() throws Exception {
        final int leader = leader(1);
        final int[] rest = facts.except(4, leader);
        final Answer removed = removeUntilDone(leader, "node-" + leader);
        assertThat(removed.body()).contains("drained", "vote taken", "serves nothing from now on");
        for (final int n : rest) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(nodes(n)).isEqualTo(2);
                assertThat(leader(n)).isNotEqualTo(leader);
                assertThat(cluster.get(n, "/registry-svc/cluster").json().path("voters"))
                        .noneMatch(voter -> voter.asText().equals("node-" + leader));
                assertThat(saveDefinition(n)).isEqualTo(201);
            });
        }
        await().atMost(SOON)
                .ignoreExceptions()
                .until(() -> cluster.get(leader, "/health")
                        .json()
                        .path("reason")
                        .asText()
                        .contains("removed this node"));
        assertThat(isServing(leader)).isFalse();
        assertThat(cluster.processIsAlive(leader)).isTrue();
    }

    @Test
    @Order(4)
    void aRemovalThatWouldCostTheMajorityIsRefusedWithTheWayOut() throws Exception {
        final int[] rest = facts.except(4, removedLeader());
        final int voter = leader(rest[0]);
        final int asked = rest[0] == voter ? rest[1] : rest[0];
        cluster.kill(voter);
        facts.awaitDead(SOON, voter, asked);
        final Answer refused = cluster.delete(asked, "/registry-svc/node/node-" + voter);
        assertThat(refused.status()).as(refused.body()).isEqualTo(409);
        assertThat(refused.body()).contains("Bring back [node-" + voter).contains("oo cluster recover");

        cluster.start(voter);
        facts.awaitReady(voter);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(saveDefinition(asked)).isEqualTo(201));
    }

    @Test
    @Order(5)
    void aLiveNodeIsDrainedAndRemovedByForceFromAnotherNodeButNotTheLastOne() {
        final int[] rest = facts.except(4, removedLeader());
        facts.awaitReady(rest);
        final Answer removed = removeUntilDone(rest[0], "node-" + rest[1]);
        assertThat(removed.body()).contains("removed");
        await().atMost(SOON).untilAsserted(() -> assertThat(nodes(rest[0])).isEqualTo(1));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(saveDefinition(rest[0])).isEqualTo(201));
        await().atMost(SOON).untilAsserted(() -> {
            final Answer last = cluster.delete(rest[0], "/registry-svc/node/node-" + rest[0] + "?force=true");
            assertThat(last.status()).as(last.body()).isEqualTo(409);
            assertThat(last.body()).contains("last one");
        });
    }

    /** An answer of 503 says that it is not finished, and to repeat it. */
    private static Answer removeUntilDone(final int at, final String nodeId) {
        final Answer[] last = new Answer[1];
        await().atMost(SOON).pollInSameThread().until(() -> {
            last[0] = cluster.delete(at, "/registry-svc/node/" + nodeId + "?force=true");
            if (last[0].status() == 503) {
                assertThat(last[0].body()).contains("not finished").contains("repeat");
                return false;
            }
            return true;
        });
        assertThat(last[0].status()).as(last[0].body()).isEqualTo(200);
        return last[0];
    }

    private static int removedLeader() {
        for (final int n : new int[] {1, 2, 3}) {
            if (!isServing(n)) {
                return n;
            }
        }
        throw new IllegalStateException("nobody was removed");
    }

    private static boolean isServing(final int n) {
        try {
            return cluster.get(n, "/registry-svc/instances?slug=others").status() == 200;
        } catch (final UncheckedIOException e) {
            return false;
        }
    }

    private static int saveDefinition(final int n) {
        return cluster.put(
                        n,
                        "/registry-svc/definition",
                        "{\"definition\":{\"id\":\"after\",\"image\":{\"name\":\"nginx\"}}}")
                .status();
    }

    private static int nodes(final int n) {
        return cluster.get(n, "/registry-svc/nodes").json().path("nodes").size();
    }

    private static int leader(final int n) {
        final String leader =
                cluster.get(n, "/registry-svc/cluster").json().path("leader").asText();
        return leader.isEmpty() ? 0 : Integer.parseInt(leader.substring(leader.indexOf('-') + 1));
    }
}
