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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A catalog whose majority is gone goes on from the node that is left, and what comes back later follows it. */
class CatalogRecoveryIT {
    private static final Duration CONVERGE = Duration.ofSeconds(60);
    private static final RecoverRequest B_AND_C = new RecoverRequest(List.of("b", "c"), true, false);

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
            Files.createDirectories(config.groupFolder(1).resolve("current"));
            Files.writeString(config.groupFolder(1).resolve("current/raft-meta"), "term=9\nvotedFor=a\n");

            final CatalogService again = cluster.restart("a");

            assertThat(again.awaitReady(CONVERGE)).isTrue();
            save(again, "goes-on");
            assertThat(again.epoch()).isZero();
            assertThat(config.groupFolder(1)).doesNotExist();
            assertThat(OtherGroups.folder(config)).isDirectory();
        }
    }

    @Test
    void aCrashAfterTheCommitGoesOnInTheNewGroup() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, TestCluster.FEW_KEPT)) {
            saveAll(cluster.found("a"), "before", 5);
            cluster.stop("a");
            final CatalogConfig config = cluster.config(cluster.member("a"));
            RecoveredGroup.prepare(config, new CatalogState(config.store(), new CatalogFeed()));

            final CatalogService again = cluster.restart("a");

            assertThat(again.awaitReady(CONVERGE)).isTrue();
            assertThat(again.epoch()).isEqualTo(1);
            save(again, "goes-on");
            assertThat(again.definitions()).hasSize(6);
            assertThat(config.groupFolder(0)).doesNotExist();
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
