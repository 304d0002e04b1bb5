package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** First starts that do not go as planned, by real processes. */
class BootstrapIT {
    private static final Duration START = Duration.ofMinutes(3);
    private static final int CONFIG = 78;

    @TempDir
    private Path folder;

    @Test
    void missingSeedBlocksAndIsNamedUntilTheOperatorForcesAndJoinsWhenItComes() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            cluster.start(2);
            cluster.start(3);
            for (final int n : new int[] {2, 3}) {
                awaitReason(cluster, n, "every peer must answer; not yet: [" + cluster.url(1) + "]");
            }
            assertThat(reason(cluster, 2)).contains("oo cluster init --force");
            final Answer unproven = cluster.send(2, "POST", "/registry-svc/cluster/init", "{\"force\":true}", "");
            assertThat(unproven.status()).as(unproven.body()).isEqualTo(401);
            assertThat(init(cluster, 2, "kR7vQx2LmN9pW4sT8yB3cF6hJ1dG5aZ0")).contains("(HTTP 401)");
            assertThat(init(cluster, 2, secret(cluster)))
                    .contains("would found a cluster of "
                            + Stream.of(cluster.url(2), cluster.url(3)).sorted().toList())
                    .contains("without [" + cluster.url(1) + "]");
            assertThat(cluster.isReady(2)).isFalse();

            assertThat(init(cluster, 2, secret(cluster), "--force")).contains("founds ");
            awaitReady(cluster, 2, 3);
            assertThat(init(cluster, 2, secret(cluster), "--force"))
                    .contains("belongs to cluster")
                    .contains("(HTTP 409)");
            cluster.start(1);
            awaitReady(cluster, 1);
            cluster.login();
            assertThat(clusterIds(cluster, 1, 2, 3)).hasSize(1).doesNotContain("");
            await().atMost(START)
                    .untilAsserted(() -> assertThat(nodes(cluster, 3)).isEqualTo(3));
        }
    }

    @Test
    void nodeOfOneClusterThatIsGivenPeersOfAnotherRefusesAndTheOtherDoesNotNotice() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 2)) {
            for (final int n : new int[] {1, 2}) {
                final Map<String, String> alone = cluster.environment(n);
                alone.put("OB_PEERS", "");
                cluster.start(n, alone);
            }
            awaitReady(cluster, 1, 2);
            cluster.login();
            assertThat(clusterIds(cluster, 1, 2)).hasSize(2).doesNotContain("");
            cluster.kill(2);
            cluster.start(2);
            assertThat(cluster.awaitEnd(2, START)).isEqualTo(CONFIG);
            assertThat(cluster.logTail(2)).contains("clusters never merge");
            assertThat(cluster.isReady(1)).isTrue();
            assertThat(nodes(cluster, 1)).isEqualTo(1);
        }
    }

    @Test
    void seedsWithDifferentListsRefuseAndNameTheDifference() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            cluster.start(1, cluster.environment(1, 2));
            awaitReason(cluster, 1, cluster.url(2));
            cluster.start(2);
            assertThat(cluster.awaitEnd(2, START)).isEqualTo(CONFIG);
            assertThat(cluster.logTail(2))
                    .contains("OB_PEERS must be the same")
                    .contains("only here: [" + cluster.url(3) + "]");
        }
    }

    private static String secret(final ProcessCluster cluster) {
        return cluster.environment(1).get("OB_CLUSTER_SECRET");
    }

    /** What {@code oo cluster init} prints, on whichever stream. */
    private String init(final ProcessCluster cluster, final int n, final String secret, final String... options)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(
                List.of(ProcessCluster.distribution().resolve("bin/oo").toString(), "cluster", "init"));
        command.addAll(List.of(options));
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("OB_"));
        builder.environment().put("OB_SERVER_URL", cluster.url(n));
        builder.environment().put("OB_CLUSTER_SECRET", secret);
        builder.environment().put("HOME", folder.toString());
        final Path out = Files.createTempFile(folder, "oo", ".out");
        final Process oo = builder.redirectOutput(out.toFile()).start();
        assertThat(oo.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private static String reason(final ProcessCluster cluster, final int n) {
        return cluster.get(n, "/health").json().path("reason").asText();
    }

    private static void awaitReason(final ProcessCluster cluster, final int n, final String part) {
        await().atMost(START)
                .pollInterval(100, TimeUnit.MILLISECONDS)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(reason(cluster, n)).contains(part));
    }

    private static Set<String> clusterIds(final ProcessCluster cluster, final int... nodes) {
        final Set<String> ids = new TreeSet<>();
        for (final int n : nodes) {
            ids.add(cluster.send(n, "GET", "/registry-svc/cluster", null, "")
                    .json()
                    .path("clusterId")
                    .asText());
        }
        return ids;
    }

    private static int nodes(final ProcessCluster cluster, final int n) {
        return cluster.get(n, "/registry-svc/nodes").json().path("nodes").size();
    }

    private static void awaitReady(final ProcessCluster cluster, final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(n));
        }
    }
}
