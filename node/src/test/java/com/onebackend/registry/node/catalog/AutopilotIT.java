package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The autopilot over real Raft, in a hurry. */
class AutopilotIT {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final Duration REPLACED = Duration.ofSeconds(30);
    private static final AutopilotConfig HASTY = new AutopilotConfig(
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ofSeconds(4),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            250);

    @TempDir
    private Path folder;

    private TestCluster cluster;
    private final Map<String, AutopilotRunner> runners = new HashMap<>();
    private final Set<String> drained = ConcurrentHashMap.newKeySet();
    private final List<String> ids = new ArrayList<>(List.of("n1", "n2", "n3", "n4"));

    @AfterEach
    void close() {
        runners.values().forEach(AutopilotRunner::close);
        cluster.close();
        assertThat(cluster.fatal).isEmpty();
    }

    @Test
    void aClusterGrowsToThreeVotersReplacesADeadOneAndMovesADrainedLeader() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        fly("n1", cluster.found("n1"));
        for (final String id : ids.subList(1, 4)) {
            fly(id, cluster.follow(id));
        }
        awaitVoters(3);

        final String victim = cluster.member(leader()).service.voters().stream()
                .map(CatalogPeer::nodeId)
                .filter(id -> !id.equals(leader()))
                .findFirst()
                .orElseThrow();
        runners.remove(victim).close();
        cluster.stop(victim);
        await().atMost(LONG).until(() -> !voters().contains(victim) && voters().size() == 3);
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(plan(leader())).isEqualTo("3 voters for 4 nodes: nothing to do"));

        fly(victim, cluster.restart(victim));
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(cluster.member(victim).service.isVoting()).isFalse());

        final String drainedLeader = leader();
        drained.add(drainedLeader);
        // Who still gives up an earlier vote refuses the offer at once; Raft would try for longer than this.
        await().atMost(REPLACED)
                .until(() ->
                        !leader().equals(drainedLeader) && !voters().contains(drainedLeader) && voters().size() == 3);
        assertThat(cluster.member(drainedLeader)
                        .service
                        .write(Samples.save("after"))
                        .get(10, TimeUnit.SECONDS)
                        .isOk())
                .as("who has no vote any more still writes")
                .isTrue();
    }

    @Test
    void aNodeThatDoesNotLeadTellsWhatTheLeaderKnows() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        fly("n1", cluster.found("n1"));
        for (final String id : ids.subList(1, 4)) {
            fly(id, cluster.follow(id));
        }
        awaitVoters(3);
        for (final String id : ids) {
            await().atMost(LONG).ignoreExceptions().untilAsserted(() -> {
                final LeaderStatus status =
                        cluster.member(id).service.reports().leaderStatus().get(5, TimeUnit.SECONDS);
                assertThat(status.leads()).isTrue();
                assertThat(status.autopilot().plan()).isEqualTo("3 voters for 4 nodes: nothing to do");
                assertThat(status.voters()).hasSize(3).allSatisfy(voter -> {
                    assertThat(voter.silentMillis()).isBetween(0L, 5_000L);
                    assertThat(voter.lag()).isBetween(0L, 10L);
                });
                assertThat(status.positions())
                        .hasSize(3)
                        .allSatisfy(at -> assertThat(at.lag()).isLessThan(10));
            });
        }
    }

    private void awaitVoters(final int count) {
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(cluster.running())
                        .allSatisfy(service -> assertThat(service.voters()).hasSize(count)));
    }

    private String leader() {
        return cluster.running().stream()
                .filter(service -> service.reports().figures().isLeader())
                .map(service -> service.reports().here().nodeId())
                .findFirst()
                .orElse("");
    }

    private List<String> voters() {
        final String leader = leader();
        return leader.isEmpty()
                ? List.of()
                : service(leader).voters().stream().map(CatalogPeer::nodeId).toList();
    }

    private String plan(final String id) {
        return id.isEmpty() ? "" : runners.get(id).report().plan();
    }

    private void fly(final String id, final CatalogService service) {
        final AutopilotRunner runner = AutopilotRunner.start(id, new Port(id, service), HASTY);
        runners.put(id, runner);
        service.reports().of(runner);
    }

    /** What gossip and the catalog's node records say in production, the test says here. */
    private final class Port implements AutopilotPort {
        private final String self;
        private final CatalogService service;

        Port(final String self, final CatalogService service) {
            this.self = self;
            this.service = service;
        }

        @Override
        public Facts facts() {
            final CatalogFigures figures = service.reports().figures();
            final Map<String, Long> lags = new HashMap<>();
            service.reports().positions().forEach(at -> lags.put(at.nodeId(), at.lag()));
            return new Facts(
                    self,
                    figures.isLeader(),
                    figures.term(),
                    figures.voters().stream()
                            .map(voter -> new VoterFacts(voter.nodeId(), Math.max(0, voter.silentMillis())))
                            .toList(),
                    ids.stream()
                            .map(id ->
                                    new NodeFacts(id, "", isUp(id), lags.getOrDefault(id, -1L), drained.contains(id)))
                            .toList());
        }

        @Override
        public CompletableFuture<Void> promote(final String nodeId) {
            return service.promote(nodeId);
        }

        @Override
        public CompletableFuture<Void> demote(final String nodeId) {
            return service.removeVoter(nodeId, AutopilotIT.this::isUp);
        }

        @Override
        public CompletableFuture<Void> transferLeadership(final String nodeId) {
            return service.transferLeadership(nodeId);
        }
    }

    private boolean isUp(final String id) {
        return service(id) != null;
    }

    private CatalogService service(final String id) {
        try {
            return cluster.member(id).service;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
