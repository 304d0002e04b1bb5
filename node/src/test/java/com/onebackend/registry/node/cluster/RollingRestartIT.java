package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Planned work, node by node, under load: drain, SIGTERM, start, undrain. Clients look at {@code /health/ready} as a
 * load balancer does, and nobody fails.
 */
class RollingRestartIT {
    private static final int NODES = Boolean.getBoolean("long") ? 5 : 3;
    private static final int ROUNDS = Boolean.getBoolean("long") ? 10 : 1;
    private static final Duration SOON = Duration.ofSeconds(60);
    /**
     * A voter that stops hands the lead on first; should that fail, writes wait as long as one may take, and all are
     * done.
     */
    private static final long WRITE_GAP_MILLIS_MAX = 3_500;

    @TempDir
    Path folder;

    @Test
    void everyNodeIsRestartedUnderLoadAndNoRequestFails() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, NODES)) {
            final Facts facts = new Facts(cluster);
            for (int n = 1; n <= NODES; n++) {
                cluster.start(n);
            }
            facts.awaitReady(facts.all());
            cluster.login();
            facts.awaitAllAlive(SOON, facts.all());
            try (FollowingClients clients = new FollowingClients(cluster)) {
                clients.awaitMore(200, SOON);
                for (int round = 0; round < ROUNDS; round++) {
                    for (int n = 1; n <= NODES; n++) {
                        restart(cluster, facts, clients, n);
                    }
                }
                // SIGTERM alone, without a drain before: the node takes its leave by itself.
                final int leader = leader(cluster);
                cluster.stop(leader);
                clients.awaitMore(100, SOON);
                cluster.start(leader);
                facts.awaitReady(leader);
                clients.awaitMore(100, SOON);
                clients.stop();
                System.out.printf(
                        "rolling restart: %d requests, %d refused connections, write gap max %d ms, writes %s%n",
                        clients.answered(),
                        clients.refusedConnections(),
                        clients.writeGapMillisMax(),
                        Facts.summary(clients.writeMillis()));
                assertThat(clients.failures()).isEmpty();
                assertThat(clients.writeGapMillisMax()).isLessThan(WRITE_GAP_MILLIS_MAX);
            }
        }
    }

    private static void restart(
            final ProcessCluster cluster, final Facts facts, final FollowingClients clients, final int n)
            throws Exception {
        final String id = "node-" + n;
        final int other = n == 1 ? 2 : 1;
        assertThat(drain(cluster, other, id, true)).isEqualTo(200);
        awaitCanBeStopped(cluster, other, id);
        assertThat(cluster.send(n, "GET", "/health/ready", null, "").status()).isEqualTo(503);
        // Out of service, it still answers whoever asks.
        assertThat(cluster.get(n, "/registry-svc/definitions").status()).isEqualTo(200);
        assertThat(cluster.stop(n)).isEqualTo(143);
        clients.awaitMore(100, SOON);

        cluster.start(n);
        // A drain holds while the node is down, and when it returns.
        await().atMost(Facts.START)
                .untilAsserted(() -> assertThat(drainedState(cluster, n)).isEqualTo("leaving"));
        assertThat(drain(cluster, other, id, false)).isEqualTo(200);
        facts.awaitReady(n);
        facts.awaitAllAlive(SOON, facts.all());
        clients.awaitMore(100, SOON);
    }

    private static String drainedState(final ProcessCluster cluster, final int n) {
        try {
            return cluster.send(n, "GET", "/health", null, "")
                    .json()
                    .path("status")
                    .asText();
        } catch (final UncheckedIOException e) {
            return "down";
        }
    }

    private static void awaitCanBeStopped(final ProcessCluster cluster, final int at, final String id) {
        await().atMost(SOON).untilAsserted(() -> {
            final var status = cluster.get(at, "/registry-svc/cluster").json();
            final List<String> voters = new ArrayList<>();
            status.path("voters").forEach(voter -> voters.add(voter.asText()));
            assertThat(status.path("leader").asText()).isNotEmpty().isNotEqualTo(id);
            assertThat(voters.size() > 2 || !voters.contains(id))
                    .as("voters " + voters)
                    .isTrue();
        });
    }

    private static int drain(final ProcessCluster cluster, final int at, final String id, final boolean drained) {
        return cluster.post(at, "/registry-svc/node-drain", "{\"node\":\"" + id + "\",\"drained\":" + drained + "}")
                .status();
    }

    private static int leader(final ProcessCluster cluster) {
        final String leader =
                cluster.get(1, "/registry-svc/cluster").json().path("leader").asText();
        return Integer.parseInt(leader.substring(leader.indexOf('-') + 1));
    }
}
