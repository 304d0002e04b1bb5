package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real processes: they come to have three votes by themselves, and each of them tells so. */
class ClusterStatusIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void threeNodesBecomeThreeVotersAndEachTellsWhatTheAutopilotDoes() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            final Facts facts = new Facts(cluster);
            for (final int n : facts.all()) {
                cluster.start(n);
            }
            facts.awaitReady(facts.all());
            cluster.login();
            for (final int n : facts.all()) {
                await().atMost(SOON).untilAsserted(() -> {
                    final JsonNode status =
                            cluster.get(n, "/registry-svc/cluster").json();
                    final JsonNode catalog = status.get("catalog");
                    assertThat(status.get("voters")).hasSize(3);
                    assertThat(catalog.get("voters"))
                            .hasSize(3)
                            .allSatisfy(voter -> assertThat(
                                            voter.get("lastContactMillis").asLong())
                                    .isLessThan(5_000));
                    assertThat(catalog.get("nodes"))
                            .hasSize(3)
                            .allSatisfy(
                                    node -> assertThat(node.get("lag").asLong()).isLessThan(100));
                    assertThat(catalog.get("autopilot").get("by").asText())
                            .isEqualTo(status.get("leader").asText());
                    assertThat(catalog.get("autopilot").get("plan").asText())
                            .isEqualTo("3 voters for 3 nodes: nothing to do");
                });
                assertThat(cluster.metrics(n, "registry_catalog_voters ").values())
                        .containsExactly(3.0);
            }
            assertTheGuideNamesEveryMetric(cluster);
        }
    }

    private static void assertTheGuideNamesEveryMetric(final ProcessCluster cluster) throws IOException {
        final String guide = Files.readString(Path.of("../deploy/README.md"));
        final Set<String> named = Pattern.compile("`(registry_[a-z_]+)[`{]")
                .matcher(guide.substring(guide.indexOf("## Metrics")))
                .results()
                .map(name -> name.group(1))
                .collect(Collectors.toSet());
        final Set<String> shown = cluster.metrics(1, "registry_").keySet().stream()
                .map(row -> row.replaceFirst("\\{.*", ""))
                .collect(Collectors.toSet());
        assertThat(named).containsAll(shown);
        assertThat(shown)
                .containsAll(named.stream()
                        .filter(name -> name.startsWith("registry_catalog_"))
                        .toList());
    }
}
