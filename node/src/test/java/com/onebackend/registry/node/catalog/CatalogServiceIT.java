package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.node.catalog.CatalogCommand.RemoveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes with real Raft: what the catalog promises while nodes come, go and fail. */
class CatalogServiceIT {
    @TempDir
    private Path folder;

    private TestCluster cluster;

    private void threeNodes(final CatalogConfig.Snapshots snapshots) throws Exception {
        cluster = new TestCluster(folder, snapshots);
        cluster.found("n1");
        cluster.join("n2");
        cluster.join("n3");
    }

    @AfterEach
    void close() {
        if (cluster != null) {
            cluster.close();
            assertThat(cluster.fatal).isEmpty();
        }
    }

    private static CatalogResult write(final CatalogService service, final CatalogCommand command) throws Exception {
        return service.write(command).get(5, TimeUnit.SECONDS).orThrow();
    }

    private static ErrorCode failure(final CompletableFuture<?> future) throws Exception {
        try {
            future.get(4, TimeUnit.SECONDS);
        } catch (final ExecutionException e) {
            return ((RegistryException) e.getCause()).error().code();
        }
        throw new AssertionError("it did not fail");
    }

    @Test
    void writeAtAFollowerIsReadableThereAtOnceAndElsewhereSoon() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        final String followerId = cluster.follower();
        final CatalogService follower = cluster.member(followerId).service;

        for (int i = 0; i < 20; i++) {
            final CatalogResult result = write(follower, Samples.save("d" + i));
            assertThat(follower.definition("d" + i)).isNotNull();
            assertThat(follower.appliedIndex()).isGreaterThanOrEqualTo(result.index());
        }

        assertThat(follower.voters()).extracting(CatalogPeer::nodeId).containsExactly("n1", "n2", "n3");
        for (final CatalogService other : cluster.running()) {
            assertThat(other.isVoting()).isTrue();
            // What was acknowledged elsewhere is here after a linearizable wait, not just some time later.
            other.awaitLinearizable().get(3, TimeUnit.SECONDS);
            assertThat(other.definitions()).hasSize(20);
        }
    }

    /** Ratis makes them by the name of a class in its settings, and would take its own without a word. */
    @Test
    void leaderSendsToTheOtherVotersByAppendersThatKeepThePace() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        final String appenders =
                cluster.awaitLeader() + "@.*" + PacedLogAppender.class.getSimpleName() + "-LogAppenderDaemon";

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .filteredOn(name -> name.matches(appenders))
                        .hasSize(2));
    }

    @Test
    void drainedLeaderHandsTheLeadOnAndDoesNotKeepItWhenItComesBack() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        enrolAll();
        final String drained = cluster.awaitLeader();
        drain(drained, true);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !cluster.awaitLeader().equals(drained));

        // Somebody gives it back: it does not stay there.
        final String successor = cluster.awaitLeader();
        cluster.member(successor).service.transferLeadership(drained).get(10, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !cluster.awaitLeader().equals(drained));
        // Of three voters one may be away: it keeps its vote.
        assertThat(cluster.member(drained).service.isVoting()).isTrue();

        drain(drained, false);
        cluster.member(cluster.awaitLeader())
                .service
                .transferLeadership(drained)
                .get(10, TimeUnit.SECONDS);
        assertThat(cluster.awaitLeader()).isEqualTo(drained);
    }

    @Test
    void drainedOnlyVoterIsReplacedAndCanBeStoppedWithoutAnybodyMissingIt() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        cluster.found("n1");
        cluster.follow("n2");
        enrolAll();
        drain("n1", true);

        await().atMost(Duration.ofSeconds(30))
                .until(() -> cluster.member("n2").service.voters().stream()
                        .map(CatalogPeer::nodeId)
                        .toList()
                        .equals(List.of("n2")));
        cluster.stop("n1");
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> write(cluster.member("n2").service, Samples.save("alone"))
                        .isOk());
    }

    private void enrolAll() throws Exception {
        for (final String id : List.of("n1", "n2", "n3")) {
            write(cluster.running().get(0), new SaveNode(Samples.proposal(), Samples.node(id, 1)));
        }
    }

    private void drain(final String id, final boolean drained) throws Exception {
        write(cluster.running().get(0), new CatalogCommand.DrainNode(Samples.proposal(), id, drained, ""));
    }

    @Test
    void writesAtAFollowerOfAnIdleClusterDoNotWaitForAHeartbeat() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        final CatalogService follower = cluster.member(cluster.follower()).service;
        write(follower, Samples.save("first"));
        final List<Long> millis = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            final long sinceNanos = System.nanoTime();
            write(follower, Samples.save("d" + i));
            millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos));
        }
        // One after the other, each would wait for the next heartbeat, which comes after half an election's time.
        Collections.sort(millis);
        assertThat(millis.get(millis.size() / 2)).as("of %s", millis).isLessThan(RatisSettings.ELECTION_MILLIS_MIN / 2);
    }

    @Test
    void aThousandWritesAreUnderWayWithoutAThreadEachAndTheNextIsRefused() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        final String leader = cluster.awaitLeader();
        final CatalogService alone = cluster.member(leader).service;
        for (final String id : List.of("n1", "n2", "n3")) {
            if (!id.equals(leader)) {
                cluster.stop(id);
            }
        }
        final List<CompletableFuture<CatalogResult>> writes = new ArrayList<>();
        for (int i = 0; i < CatalogService.WRITES_MAX; i++) {
            writes.add(alone.write(Samples.save("d" + i)));
        }
        assertThat(failure(alone.write(Samples.save("too-many")))).isEqualTo(ErrorCode.OVERLOADED);
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().contains("-catalog-write-"))
                .hasSizeLessThanOrEqualTo(CatalogThreads.WRITERS_MAX);
        for (final CompletableFuture<CatalogResult> write : writes) {
            assertThat(failure(write)).isIn(ErrorCode.UNAVAILABLE, ErrorCode.INDETERMINATE);
        }
    }

    @Test
    void requestSentTwiceIsAppliedOnce() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        final CatalogService service = cluster.found("n1");
        final CatalogCommand command = Samples.save("orders");

        final CatalogResult first = write(service, command);
        final CatalogResult second = write(service, command);

        assertThat(second).isEqualTo(first);
        assertThat(service.definition("orders").revision()).isEqualTo(1);
    }

    @Test
    void writesGoOnWithinThreeSecondsAfterTheLeaderCloses() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        write(cluster.member("n1").service, Samples.save("before"));
        final String survivor = cluster.follower();
        cluster.stop(cluster.awaitLeader());

        final long sinceNanos = System.nanoTime();
        write(cluster.member(survivor).service, Samples.save("after"));

        assertThat(Duration.ofNanos(System.nanoTime() - sinceNanos)).isLessThan(Duration.ofSeconds(3));
        assertThat(cluster.member(survivor).service.definitions()).hasSize(2);
    }

    @Test
    void withoutAMajorityWritesFailInTimeAndReadsAnswer() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        write(cluster.member("n1").service, Samples.save("orders"));
        final CatalogService alone = cluster.member("n3").service;
        alone.awaitLinearizable().get(3, TimeUnit.SECONDS);
        cluster.stop("n1");
        cluster.stop("n2");

        final long sinceNanos = System.nanoTime();
        final ErrorCode first = failure(alone.write(Samples.save("lost")));
        assertThat(Duration.ofNanos(System.nanoTime() - sinceNanos)).isLessThan(Duration.ofSeconds(4));
        assertThat(first).isIn(ErrorCode.UNAVAILABLE, ErrorCode.INDETERMINATE);
        assertThat(failure(alone.awaitLinearizable())).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(alone.definition("orders")).isNotNull();

        // Once it is clear that nobody leads, nothing is sent, and the answer says so.
        await().atMost(Duration.ofSeconds(5)).until(() -> alone.leaderId().isEmpty());
        assertThat(failure(alone.write(Samples.save("lost")))).isEqualTo(ErrorCode.UNAVAILABLE);

        cluster.restart("n1");
        await().atMost(Duration.ofSeconds(10)).ignoreExceptions().untilAsserted(() -> {
            write(alone, Samples.save("again"));
            assertThat(alone.definition("again")).isNotNull();
        });
    }

    @Test
    void restartWithTheSameFoldersKeepsEverything() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        for (int i = 0; i < 10; i++) {
            write(cluster.member("n2").service, Samples.save("d" + i));
        }
        for (final String id : List.of("n3", "n2", "n1")) {
            cluster.stop(id);
        }
        // A store whose last writes were lost is brought up from the Raft log.
        cluster.member("n3").disk++;

        for (final String id : List.of("n1", "n2", "n3")) {
            cluster.restart(id);
        }
        cluster.awaitLeader();
        for (final CatalogService service : cluster.running()) {
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> service.definitions().size() == 10);
        }
        assertThat(write(cluster.member("n1").service, Samples.save("d0")).revision())
                .isEqualTo(2);
    }

    @Test
    void freshNodeInstallsASnapshotAfterTheLogWasCut() throws Exception {
        cluster = new TestCluster(folder, TestCluster.FEW_KEPT);
        final CatalogService founder = cluster.found("n1");
        write(founder, new SaveNode(Samples.proposal(), Samples.node("gone", 3)));
        write(founder, new RemoveNode(Samples.proposal(), "gone", new Generation(3)));
        for (int i = 0; i < 120; i++) {
            write(founder, Samples.save("d" + i));
        }
        founder.takeSnapshot();
        cluster.stop("n1");
        cluster.restart("n1");
        await().atMost(Duration.ofSeconds(5))
                .until(() -> cluster.member("n1").service.definitions().size() == 120);

        final List<String> removals = new ArrayList<>();
        final TestCluster.Member fresh = cluster.member("n2");
        cluster.follow("n2").onNodeRemoved(removed -> removals.add(removed.nodeId()));
        cluster.promote("n2");

        await().atMost(Duration.ofSeconds(5))
                .until(() -> fresh.service.definitions().size() == 120);
        assertThat(removals).containsExactly("gone");
        assertThat(fresh.service.removed("gone").generation()).isEqualTo(new Generation(3));
        // It goes on from the snapshot, and can read linearizably.
        write(fresh.service, Samples.save("later"));
        assertThat(fresh.service.awaitLinearizable().get(3, TimeUnit.SECONDS)).isPositive();
    }

    @Test
    void removingAVoterKeepsAMajorityOrIsRefused() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        final CatalogService asked = cluster.member("n1").service;
        assertThat(failure(asked.removeVoter("n2", id -> false))).isEqualTo(ErrorCode.CONFLICT);

        cluster.stop("n3");
        asked.removeVoter("n3", id -> id.equals("n2")).get(10, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(5)).until(() -> asked.voters().size() == 2);
        assertThat(failure(asked.removeVoter("n2", id -> false))).isEqualTo(ErrorCode.CONFLICT);
        write(cluster.member("n2").service, Samples.save("orders"));
    }

    @Test
    void nodeThatMovedToAnotherPortIsFoundAgain() throws Exception {
        threeNodes(CatalogConfig.Snapshots.DEFAULT);
        write(cluster.member("n1").service, Samples.save("before"));
        final TestCluster.Member moved = cluster.member(cluster.follower());
        cluster.stop(moved.id);
        write(cluster.running().get(0), Samples.save("meanwhile"));
        moved.peer = new CatalogPeer(moved.id, "127.0.0.1", TestCluster.freePort());
        cluster.restart(moved.id);

        await().atMost(Duration.ofSeconds(15)).ignoreExceptions().untilAsserted(() -> {
            assertThat(moved.service.definitions()).hasSize(2);
            for (final CatalogService service : cluster.running()) {
                assertThat(service.voters()).contains(moved.peer);
            }
        });
        await().atMost(Duration.ofSeconds(10))
                .ignoreExceptions()
                .untilAsserted(() -> write(moved.service, Samples.save("after")));
    }

    @Test
    void storeWithoutItsRaftFolderIsRefused() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        final TestCluster.Member member = cluster.member("n1");
        final CatalogConfig config = cluster.config(member);
        new CatalogState(config.store(), new CatalogFeed()).apply(5, 1, CatalogCodec.encode(Samples.save("orders")));

        assertThatThrownBy(() -> CatalogService.found(config))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("Raft folder");
    }
}
