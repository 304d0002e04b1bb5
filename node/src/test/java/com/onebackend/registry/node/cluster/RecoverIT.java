package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.OoCommand.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of three voters are lost for good; the operator goes on from the third, and grows the cluster again. */
class RecoverIT {
    private static final Duration VOTERS = Duration.ofMinutes(3);
    private static final Duration DEAD = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void theThirdGoesOnAndTheLostOnesStayOut() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 5)) {
            final Facts facts = new Facts(cluster);
            for (int n = 1; n <= 3; n++) {
                cluster.start(n, cluster.environment(n, 3));
            }
            facts.awaitReady(1, 2, 3);
            cluster.login();
            awaitVoters(cluster, "node-1", "node-2", "node-3");
            for (int i = 0; i < 20; i++) {
                assertThat(save(cluster, "before-" + i)).isEqualTo(201);
            }
            final OoCommand oo = new OoCommand(cluster, folder);
            assertThat(oo.run(1, "cluster", "recover", "node-2", "node-3", "--yes-i-accept-data-loss")
                            .text())
                    .contains("nothing to recover");

            cluster.kill(2);
            cluster.kill(3);
            delete(cluster.data(3));
            assertThat(save(cluster, "without-majority")).isEqualTo(503);
            facts.awaitDead(DEAD, 2, 1);
            facts.awaitDead(DEAD, 3, 1);
            final Outcome unnamed = oo.run(1, "cluster", "recover", "node-2", "--yes-i-accept-data-loss");
            assertThat(unnamed.status()).isEqualTo(1);
            assertThat(unnamed.text()).contains("node-3").contains("name them all");
            final Outcome recovered = oo.run(1, "cluster", "recover", "node-2", "node-3", "--yes-i-accept-data-loss");
            assertThat(recovered.status()).as(recovered.text()).isZero();
            System.out.println(recovered.text());

            assertThat(save(cluster, "after")).isEqualTo(201);
            for (int n = 4; n <= 5; n++) {
                cluster.start(n, cluster.environment(n, 1));
            }
            facts.awaitReady(4, 5);
            awaitVoters(cluster, "node-1", "node-4", "node-5");
            final Set<String> expected = definitions(cluster, 1);
            assertThat(expected).contains("after", "before-0", "before-19").hasSizeBetween(21, 22);
            assertThat(definitions(cluster, 5)).isEqualTo(expected);

            cluster.start(2, cluster.environment(2, 3));
            await().atMost(Facts.START)
                    .ignoreExceptions()
                    .until(() -> cluster.get(2, "/health")
                            .json()
                            .path("reason")
                            .asText()
                            .contains("removed this node"));
            assertThat(cluster.get(2, "/registry-svc/definitions").status()).isEqualTo(503);
            assertThat(cluster.isReady(2)).isFalse();
            assertThat(definitions(cluster, 1)).isEqualTo(expected);
            awaitVoters(cluster, "node-1", "node-4", "node-5");
            // The new voters are voters indeed: without one of them all goes on.
            cluster.kill(1);
            await().atMost(DEAD).until(() -> save(cluster, 4, "at-last") == 201);
        }
    }

    @Test
    void theOnlyVoterOfTwoLosesItsDiskAndTheOtherGoesOnWhenItIsTold() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 2)) {
            final Facts facts = new Facts(cluster);
            cluster.start(1);
            cluster.start(2);
            facts.awaitReady(1, 2);
            cluster.login();
            awaitVoters(cluster, "node-1");
            assertThat(save(cluster, "kept")).isEqualTo(201);
            await().atMost(DEAD).until(() -> definitions(cluster, 2).contains("kept"));
            final String clusterId = clusterId(cluster, 2);

            cluster.kill(1);
            delete(cluster.data(1));
            cluster.start(1);
            await().atMost(Facts.START)
                    .until(() -> Files.readString(cluster.log(1))
                            .contains("counts this node's vote from before it lost its disk"));
            assertThat(clusterId(cluster, 1)).isEqualTo(clusterId);
            assertThat(save(cluster, 2, "without-majority")).isEqualTo(503);
            assertThat(definitions(cluster, 2)).containsExactly("kept");

            cluster.kill(1);
            facts.awaitDead(DEAD, 1, 2);
            final Outcome recovered =
                    new OoCommand(cluster, folder).run(2, "cluster", "recover", "node-1", "--yes-i-accept-data-loss");
            assertThat(recovered.status()).as(recovered.text()).isZero();
            assertThat(save(cluster, 2, "after")).isEqualTo(201);

            // The recovery has removed the node it was before; with its new disk it is another one.
            cluster.start(1);
            facts.awaitReady(1);
            assertThat(clusterId(cluster, 1)).isEqualTo(clusterId);
            assertThat(definitions(cluster, 1)).contains("kept", "after");
            awaitVoters(cluster, "node-2");
            assertThat(cluster.get(2, "/registry-svc/nodes").json().path("nodes"))
                    .hasSize(2);
        }
    }

    private static String clusterId(final ProcessCluster cluster, final int n) {
        return cluster.get(n, "/registry-svc/cluster").json().path("clusterId").asText();
    }

    private static void awaitVoters(final ProcessCluster cluster, final String... ids) {
        await().atMost(VOTERS).untilAsserted(() -> {
            final Set<String> voters = new TreeSet<>();
            cluster.get(1, "/registry-svc/cluster").json().path("voters").forEach(id -> voters.add(id.asText()));
            assertThat(voters).isEqualTo(new TreeSet<>(List.of(ids)));
        });
    }

    private static int save(final ProcessCluster cluster, final String id) {
        return save(cluster, 1, id);
    }

    private static int save(final ProcessCluster cluster, final int n, final String id) {
        return cluster.put(
                        n,
                        "/registry-svc/definition",
                        "{\"definition\":{\"id\":\"" + id + "\",\"image\":{\"name\":\"image\"}}}")
                .status();
    }

    private static Set<String> definitions(final ProcessCluster cluster, final int n) {
        return new TreeSet<>(cluster.get(n, "/registry-svc/definitions")
                .json()
                .path("definitions")
                .findValuesAsText("id"));
    }

    private static void delete(final Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (final Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
