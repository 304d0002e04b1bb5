package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** What tests of faults ask of a cluster again and again. */
final class Facts {
    static final Duration START = Duration.ofSeconds(150);

    private static final String CLUSTER = "/registry-svc/cluster";
    private static final Duration POLL = Duration.ofMillis(50);

    private final ProcessCluster cluster;

    Facts(final ProcessCluster cluster) {
        this.cluster = cluster;
    }

    /** All node numbers. */
    int[] all() {
        return IntStream.rangeClosed(1, cluster.size()).toArray();
    }

    /** All node numbers but these. */
    int[] except(final int... without) {
        return IntStream.of(all())
                .filter(n -> IntStream.of(without).noneMatch(w -> w == n))
                .toArray();
    }

    void awaitReady(final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START)
                    .pollInterval(POLL)
                    .untilAsserted(() -> assertThat(cluster.isReady(n))
                            .withFailMessage(() -> "node " + n + " is not ready:\n" + cluster.logTail(n))
                            .isTrue());
        }
    }

    /** Each of {@code nodes} believes all nodes of the cluster alive; returns how long that took. */
    long awaitAllAlive(final Duration atMost, final int... nodes) {
        final long start = System.nanoTime();
        final Map<String, String> expected = new TreeMap<>();
        for (final int n : all()) {
            expected.put("node-" + n, "alive");
        }
        for (final int n : nodes) {
            await().atMost(atMost)
                    .pollInterval(POLL)
                    .untilAsserted(
                            () -> assertThat(cluster.states(n)).as("node " + n).isEqualTo(expected));
        }
        return millisSince(start);
    }

    /** Each of {@code observers} believes the victim dead; returns when each did, in milliseconds from now. */
    List<Long> awaitDead(final Duration atMost, final int victim, final int... observers) {
        final long start = System.nanoTime();
        final Map<Integer, Long> seen = new TreeMap<>();
        await().atMost(atMost).pollInterval(POLL).until(() -> {
            for (final int n : observers) {
                if (!seen.containsKey(n) && "dead".equals(cluster.states(n).get("node-" + victim))) {
                    seen.put(n, millisSince(start));
                }
            }
            return seen.size() == observers.length;
        });
        return new ArrayList<>(seen.values());
    }

    /** Every node answers discovery of this service with the same ids; returns them. */
    Set<String> awaitEqual(final Duration atMost, final String slug) {
        final List<Set<String>> seen = new ArrayList<>();
        await().atMost(atMost).pollInterval(POLL).untilAsserted(() -> {
            seen.clear();
            for (final int n : all()) {
                seen.add(ids(n, slug));
            }
            assertThat(Set.copyOf(seen)).as("what the nodes show of " + slug).hasSize(1);
        });
        return seen.get(0);
    }

    Answer register(final int n, final String slug, final String id) {
        return cluster.put(
                n,
                "/registry-svc/instance",
                "{\"id\":\"" + id + "\",\"slug\":\"" + slug + "\",\"url\":\"http://198.18.0.1:80/" + id + "\"}");
    }

    Set<String> ids(final int n, final String slug) {
        final Answer answer = cluster.get(n, "/registry-svc/instances?slug=" + slug);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return new TreeSet<>(answer.json().path("instances").findValuesAsText("id"));
    }

    /** The number of the node that leads the catalog, as most of the first {@code nodes} know it; 0 = none. */
    int leader(final int nodes) {
        final Map<String, Integer> votes = new TreeMap<>();
        for (int n = 1; n <= nodes; n++) {
            try {
                votes.merge(cluster.get(n, CLUSTER).json().path("leader").asText(), 1, Integer::sum);
            } catch (final UncheckedIOException dead) {
                // Or frozen: the others know.
            }
        }
        return votes.entrySet().stream()
                .filter(vote -> vote.getKey().startsWith("node-"))
                .max(Map.Entry.comparingByValue())
                .map(vote -> Integer.parseInt(vote.getKey().substring("node-".length())))
                .orElse(0);
    }

    /** One of the first {@code nodes} that has no vote; there must be one. */
    int follower(final int nodes) {
        final String voters = cluster.get(1, CLUSTER).json().path("voters").toString();
        return IntStream.rangeClosed(1, nodes)
                .filter(n -> !voters.contains("\"node-" + n + "\""))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Each of {@code nodes} votes, by its own word. That the others count it is not enough: they still do when it has
     * lost its disk, and then it votes for nothing until they have taken it out and in again.
     */
    void awaitVoting(final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START)
                    .pollInterval(POLL)
                    .untilAsserted(() -> assertThat(cluster.get(n, CLUSTER)
                                    .json()
                                    .at("/catalog/role")
                                    .asText())
                            .as("role of node " + n)
                            .isIn("leader", "voter"));
        }
    }

    /** Each of {@code nodes} knows a leader and so many voters, or more. */
    void awaitVoters(final int atLeast, final int... nodes) {
        for (final int n : nodes) {
            await().atMost(START).pollInterval(POLL).untilAsserted(() -> {
                final JsonNode status = cluster.get(n, CLUSTER).json();
                assertThat(status.path("leader").asText()).as("node " + n).isNotEmpty();
                assertThat(status.path("voters").size())
                        .as("voters that node " + n + " knows: " + status.path("voters"))
                        .isGreaterThanOrEqualTo(atLeast);
            });
        }
    }

    /** As an operator does, until it is done: the node may still be believed alive, or another change under way. */
    void remove(final int by, final int victim) {
        final String path =
                "/registry-svc/node/" + URLEncoder.encode(cluster.url(victim), StandardCharsets.UTF_8) + "?force=true";
        await().atMost(START).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            final Answer answer = cluster.delete(by, path);
            assertThat(answer.status()).as(answer.body()).isIn(200, 204);
        });
    }

    /** How often each node has declared or heard a member dead, by node number. */
    Map<Integer, Long> deathVerdicts(final int... nodes) {
        final Map<Integer, Long> verdicts = new TreeMap<>();
        for (final int n : nodes) {
            verdicts.put(n, cluster.deathVerdicts(n));
        }
        return verdicts;
    }

    /** One try to register; false when the node did not say that it holds. */
    boolean isRegistered(final int n, final String slug, final String id) {
        try {
            return register(n, slug, id).status() == 201;
        } catch (final UncheckedIOException e) {
            return false;
        }
    }

    static long millisSince(final long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    /** Mean and the worst of some times. */
    static String summary(final List<Long> millis) {
        final List<Long> sorted = millis.stream().sorted().toList();
        return String.format(
                "n=%d mean=%.0f ms p50=%d ms p99=%d ms max=%d ms",
                sorted.size(),
                mean(sorted),
                percentile(sorted, 50),
                percentile(sorted, 99),
                sorted.get(sorted.size() - 1));
    }

    static double mean(final List<Long> millis) {
        return millis.stream().mapToLong(Long::longValue).average().orElseThrow();
    }

    /** By nearest rank. */
    static long percentile(final List<Long> millis, final int percent) {
        final List<Long> sorted = millis.stream().sorted().toList();
        return sorted.get(Math.max(0, (sorted.size() * percent + 99) / 100 - 1));
    }
}
