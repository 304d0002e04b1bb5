package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A catalog whose majority is gone goes on from the node that is left, and what comes back later follows it. */
class CatalogRecoveryIT {
    private static final Duration CONVERGE = Duration.ofSeconds(60);
    private static final RecoverRequest B_AND_C = new RecoverRequest(List.of("b", "c"), true, false);

    private static final RecoverRequest A_LOST = new RecoverRequest(List.of("a"), true, false);

    @TempDir
    Path folder;

    @Test
    void theOneThatIsLeftGoesOnAndOthersFollowIt() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService a = threeVoters(cluster);
            saveAll(a, "before", 20);
            await().atMost(CONVERGE).until(() -> cluster.member("c").service.definition("before-19") != null);
            final long index = a.appliedIndex();
            cluster.stop("b");
            cluster.stop("c");

            assertThatThrownBy(() -> save(a, "lost")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> a.recover(new RecoverRequest(List.of("b"), true, false), Set.of()))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("c");
            a.recover(B_AND_C, Set.of());

            assertThat(a.awaitReady(CONVERGE)).isTrue();
            assertThat(a.epoch()).isEqualTo(1);
            assertThat(a.voters()).extracting(CatalogPeer::nodeId).containsExactly("a");
            saveAll(a, "after", 60);
            assertThat(a.definitions()).hasSize(80);
            assertThat(a.appliedIndex()).isGreaterThan(index);

            // A new node is made a voter by a snapshot and the log of the new group.
            final CatalogService d = cluster.join("d");
            await().atMost(CONVERGE).until(() -> d.definition("after-59") != null);

            // A restart goes on in the new group, too.
            cluster.stop("d");
            cluster.stop("a");
            cluster.restart("a");
            final CatalogService dAgain = cluster.restart("d");
            cluster.awaitLeader();
            save(cluster.member("a").service, "restarted");
            await().atMost(CONVERGE).until(() -> dAgain.definition("restarted") != null);
            assertThat(cluster.fatal).isEmpty();
        }
    }

    @Test
    void aMajorityOfTheOldGroupThatReturnsFollowsTheRecoveredOne() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService a = threeVoters(cluster);
            saveAll(a, "before", 5);
            cluster.stop("a");
            final CatalogService b = cluster.member("b").service;
            cluster.awaitLeader();
            save(b, "unknown-to-a");
            cluster.stop("b");
            cluster.stop("c");
            final CatalogService left = cluster.restart("a");
            left.recover(B_AND_C, Set.of());
            assertThat(left.awaitReady(CONVERGE)).isTrue();
            save(left, "after");

            cluster.restart("b");
            cluster.restart("c");

            for (final String id : List.of("b", "c")) {
                await().atMost(CONVERGE).until(() -> cluster.member(id).service.epoch() == 1);
                await().atMost(CONVERGE).until(() -> cluster.member(id).service.definition("after") != null);
                assertThat(cluster.member(id).service.definition("unknown-to-a"))
                        .as("lost is lost: nobody shows another truth")
                        .isNull();
                assertThat(cluster.member(id).service.isVoting()).isFalse();
            }
            assertThat(left.voters()).extracting(CatalogPeer::nodeId).containsExactly("a");
        }
    }

    @Test
    void aCrashBeforeTheCommitLeavesTheOldGroupAsItWas() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService a = cluster.found("a");
            saveAll(a, "before", 5);
            cluster.stop("a");
            // What a crash leaves: the next epoch's folder, and rows that do not say so.
            final CatalogConfig config = cluster.config(cluster.member("a"));
            final Path begun = config.groupFolder(new CatalogEpoch(1, 5, 7));
            Files.createDirectories(begun.resolve("current"));
            Files.writeString(begun.resolve("current/raft-meta"), "term=9\nvotedFor=a\n");

            final CatalogService again = cluster.restart("a");

            assertThat(again.awaitReady(CONVERGE)).isTrue();
            save(again, "goes-on");
            assertThat(again.epoch()).isZero();
            assertThat(begun).doesNotExist();
            assertThat(OtherGroups.folder(config)).isDirectory();
        }
    }

    @Test
    void aCrashAfterTheCommitGoesOnInTheNewGroup() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            saveAll(cluster.found("a"), "before", 5);
            cluster.stop("a");
            final CatalogConfig config = cluster.config(cluster.member("a"));
            RecoveredGroup.prepare(
                    config, new CatalogState(config.store(), new CatalogFeed()), CatalogEpoch.FIRST, new Random(1));

            final CatalogService again = cluster.restart("a");

            assertThat(again.awaitReady(CONVERGE)).isTrue();
            assertThat(again.epoch()).isEqualTo(1);
            save(again, "goes-on");
            assertThat(again.definitions()).hasSize(6);
            assertThat(config.groupFolder(CatalogEpoch.FIRST)).doesNotExist();
            assertThat(cluster.fatal).isEmpty();
        }
    }

    @Test
    void aNodeWithoutAVoteGoesOnWhenEveryVoterIsLost() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService a = cluster.found("a");
            a.write(new CatalogCommand.SaveNode(Samples.proposal(), Samples.node("a", 1)))
                    .get(10, TimeUnit.SECONDS)
                    .orThrow();
            saveAll(a, "before", 5);
            final CatalogService d = cluster.follow("d");
            await().atMost(CONVERGE).until(() -> d.definition("before-4") != null);
            cluster.stop("a");

            d.recover(new RecoverRequest(List.of("a"), true, false), Set.of());

            assertThat(d.awaitReady(CONVERGE)).isTrue();
            await().atMost(CONVERGE).until(d::isVoting);
            save(d, "after");
            cluster.stop("d");
            final CatalogService again = cluster.restart("d");
            assertThat(again.awaitReady(CONVERGE)).isTrue();
            assertThat(again.isVoting()).isTrue();
            assertThat(again.definitions()).hasSize(6);
        }
    }

    @Test
    void twoThatRecoverWithoutSeeingEachOtherHaveTwoHistoriesAndOneOfThemIsGivenUpWhenTheyMeet() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService d = twoWithoutTheirVoter(cluster);
            final CatalogService e = cluster.member("e").service;
            cluster.member("e").isCutOff = true;
            d.recover(A_LOST, Set.of());
            e.recover(A_LOST, Set.of());
            assertThat(d.awaitReady(CONVERGE)).isTrue();
            assertThat(e.awaitReady(CONVERGE)).isTrue();
            assertThat(d.epoch()).isEqualTo(e.epoch()).isEqualTo(1);
            assertThat(d.reports().groupId())
                    .as("two groups, of which none counts the other's entries")
                    .isNotEqualTo(e.reports().groupId());
            // The same indexes mean something else in each.
            saveAll(d, "of-d", 10);
            saveAll(e, "of-e", 10);
            final boolean dWins = e.isGivenUpFor(epochOf(cluster, "d"));
            assertThat(d.isGivenUpFor(epochOf(cluster, "e"))).isNotEqualTo(dWins);
            final CatalogService winner = dWins ? d : e;
            final CatalogService loser = dWins ? e : d;
            final String group = winner.reports().groupId();

            cluster.member("e").isCutOff = false;

            await().atMost(CONVERGE).until(() -> loser.reports().groupId().equals(group));
            await().atMost(CONVERGE).until(() -> loser.definitions().equals(winner.definitions()));
            assertThat(winner.definition(dWins ? "of-d-9" : "of-e-9")).isNotNull();
            assertThat(winner.definition(dWins ? "of-e-9" : "of-d-9")).isNull();
            assertThat(loser.isVoting()).isFalse();
            assertThat(winner.isVoting()).isTrue();
            save(loser, "together");
            assertThat(winner.definition("together")).isNotNull();

            // What each remembers is on its disk.
            final String lost = dWins ? "e" : "d";
            cluster.stop("d");
            cluster.stop("e");
            final CatalogService wonAgain = cluster.restart(dWins ? "d" : "e");
            final CatalogService lostAgain = cluster.restart(lost);
            assertThat(wonAgain.awaitReady(CONVERGE)).isTrue();
            assertThat(wonAgain.reports().groupId()).isEqualTo(group);
            await().atMost(CONVERGE).until(() -> lostAgain.reports().groupId().equals(group));
            save(wonAgain, "restarted");
            await().atMost(CONVERGE).until(() -> lostAgain.definition("restarted") != null);
            assertThat(cluster.fatal).isEmpty();
        }
    }

    @Test
    void ofTwoThatSeeEachOtherAtMostOneRecoversAtATime() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            final CatalogService d = twoWithoutTheirVoter(cluster);
            final CatalogService e = cluster.member("e").service;
            final CyclicBarrier together = new CyclicBarrier(2);
            final List<CompletableFuture<Boolean>> tries =
                    List.of(recovers(d, together, "e"), recovers(e, together, "d"));
            final long done = tries.stream().filter(CompletableFuture::join).count();
            assertThat(done).isLessThanOrEqualTo(1);

            if (done == 0) {
                d.recover(A_LOST, Set.of("e"));
            }
            final String group = (d.isVoting() || done == 0 ? d : e).reports().groupId();
            await().atMost(CONVERGE)
                    .until(() -> d.reports().groupId().equals(e.reports().groupId()));
            assertThat(d.epoch()).isEqualTo(1);
            await().atMost(CONVERGE).until(() -> d.isVoting() != e.isVoting());
            assertThat(d.reports().groupId()).isEqualTo(group);
            save(d, "after");
            await().atMost(CONVERGE).until(() -> e.definition("after") != null);
        }
    }

    private static CompletableFuture<Boolean> recovers(
            final CatalogService node, final CyclicBarrier together, final String other) {
        final CompletableFuture<Boolean> done = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        together.await();
                        node.recover(A_LOST, Set.of(other));
                        done.complete(true);
                    } catch (final RegistryException refused) {
                        done.complete(false);
                    } catch (final InterruptedException | BrokenBarrierException e) {
                        done.completeExceptionally(e);
                    }
                })
                .start();
        return done;
    }

    /** The only voter, a, is gone; d and e have followed it. */
    private static CatalogService twoWithoutTheirVoter(final TestCluster cluster) throws Exception {
        final CatalogService a = cluster.found("a");
        for (final String id : List.of("a", "d", "e")) {
            a.write(new CatalogCommand.SaveNode(Samples.proposal(), Samples.node(id, 1)))
                    .get(10, TimeUnit.SECONDS)
                    .orThrow();
        }
        saveAll(a, "before", 5);
        final CatalogService d = cluster.follow("d");
        final CatalogService e = cluster.follow("e");
        await().atMost(CONVERGE).until(() -> d.definition("before-4") != null && e.definition("before-4") != null);
        await().atMost(CONVERGE).until(() -> d.appliedIndex() == e.appliedIndex());
        cluster.stop("a");
        return d;
    }

    private static String epochOf(final TestCluster cluster, final String id) throws IOException {
        return CatalogService.epochOf(cluster.member(id).store.catalog());
    }

    private static CatalogService threeVoters(final TestCluster cluster) throws Exception {
        final CatalogService a = cluster.found("a");
        for (final String id : List.of("a", "b", "c")) {
            a.write(new CatalogCommand.SaveNode(Samples.proposal(), Samples.node(id, 1)))
                    .get(10, TimeUnit.SECONDS)
                    .orThrow();
        }
        cluster.join("b");
        cluster.join("c");
        return a;
    }

    private static void saveAll(final CatalogService service, final String prefix, final int count) throws Exception {
        for (int i = 0; i < count; i++) {
            save(service, prefix + "-" + i);
        }
    }

    private static void save(final CatalogService service, final String id) throws IOException {
        try {
            service.write(Samples.save(id)).get(10, TimeUnit.SECONDS).orThrow();
        } catch (final Exception e) {
            throw new IOException(e);
        }
    }
}
