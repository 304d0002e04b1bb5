package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.Definition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes without a vote, with real Raft among those that have one. */
class CatalogFollowerIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private TestCluster cluster;

    @BeforeEach
    void found() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        cluster.found("n1");
    }

    @AfterEach
    void close() {
        cluster.close();
        assertThat(cluster.fatal).isEmpty();
    }

    private CatalogService service(final String id) throws IOException {
        return cluster.member(id).service;
    }

    private CatalogResult write(final String at, final String definition) throws Exception {
        return service(at)
                .write(Samples.save(definition))
                .get(5, TimeUnit.SECONDS)
                .orThrow();
    }

    private void awaitEqual(final String id, final String other) {
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(service(id).definitions()).isEqualTo(service(other).definitions());
            assertThat(service(id).appliedIndex()).isEqualTo(service(other).appliedIndex());
        });
    }

    @Test
    void writeAtANodeWithoutAVoteIsReadableThereAtOnce() throws Exception {
        cluster.follow("n2");
        for (int i = 0; i < 10; i++) {
            final long index = write("n2", "d" + i).index();
            assertThat(service("n2").definition("d" + i)).isNotNull();
            assertThat(service("n2").appliedIndex()).isGreaterThanOrEqualTo(index);
        }
        assertThat(service("n2").isVoting()).isFalse();
        assertThat(service("n2").leaderId()).isEqualTo("n1");
        assertThat(service("n2").voters()).extracting(CatalogPeer::nodeId).containsExactly("n1");
        awaitEqual("n2", "n1");
    }

    @Test
    void linearizableReadAtANodeWithoutAVoteShowsWhatWasAcknowledgedElsewhere() throws Exception {
        cluster.follow("n2");
        for (int i = 0; i < 20; i++) {
            write("n1", "d" + i);
            service("n2").awaitLinearizable().get(4, TimeUnit.SECONDS);
            assertThat(service("n2").definition("d" + i)).as("d" + i).isNotNull();
        }
    }

    @Test
    void linearizableReadOfAnEmptyCatalogIsAnswered() throws Exception {
        assertThat(service("n1").awaitLinearizable().get(4, TimeUnit.SECONDS)).isNotNegative();
        cluster.follow("n2");
        assertThat(service("n2").awaitLinearizable().get(4, TimeUnit.SECONDS)).isNotNegative();
    }

    @Test
    void nodeThatIsBehindWhatItsSourcesKeepTakesACopyAndThenFollowsOn() throws Exception {
        cluster.follow("n2");
        write("n1", "before");
        awaitEqual("n2", "n1");
        cluster.stop("n2");
        for (int i = 0; i < 30; i++) {
            write("n1", "missed" + i);
        }
        // A source that starts has nothing of its log to hand out but what comes.
        cluster.stop("n1");
        cluster.restart("n1");
        assertThat(service("n1").awaitReady(SOON)).isTrue();

        cluster.restart("n2");
        awaitEqual("n2", "n1");
        assertThat(service("n2").definitions()).hasSize(31);
        write("n1", "after");
        awaitEqual("n2", "n1");
    }

    @Test
    void nodesWithoutAVoteFollowEachOtherWhenTheyReachNoVoter() throws Exception {
        cluster.follow("n2");
        cluster.follow("n3");
        write("n1", "first");
        awaitEqual("n3", "n1");
        cluster.stop("n1");
        cluster.follow("n4");
        awaitEqual("n4", "n3");
        assertThat(service("n4").definitions()).extracting(Definition::id).containsExactly("first");
    }

    @Test
    void ageTellsHowLongANodeWasCutOff() throws Exception {
        cluster.follow("n2");
        write("n2", "before");
        await().atMost(SOON).until(() -> service("n2").ageMillis() < 4_000);
        cluster.member("n2").isCutOff = true;
        await().atMost(SOON).until(() -> service("n2").ageMillis() > 6_000);
        assertThat(service("n2").definition("before")).as("it answers").isNotNull();
        assertThat(service("n1").ageMillis()).isLessThan(3_000);
        cluster.member("n2").isCutOff = false;
        await().atMost(SOON).until(() -> service("n2").ageMillis() < 4_000);
    }

    @Test
    void voterThatIsTakenOutFollowsOnAndForgetsItsLog() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        write("n3", "as a voter");
        service("n1").removeVoter("n3", id -> true).get(20, TimeUnit.SECONDS);

        await().atMost(SOON).until(() -> !service("n3").isVoting() && !cluster.member("n3").votes);
        await().atMost(SOON).until(() -> raftFolders("n3") == 0);
        write("n3", "as a follower");
        awaitEqual("n3", "n1");
        assertThat(service("n3").voters()).extracting(CatalogPeer::nodeId).containsExactly("n1", "n2");

        cluster.promote("n3");
        write("n3", "as a voter again");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(service("n2").voters())
                        .extracting(CatalogPeer::nodeId)
                        .containsExactly("n1", "n2", "n3"));
        awaitEqual("n3", "n1");
    }

    @Test
    void voterThatWasTakenOutWhileItWasDownFollowsWhenItReturns() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        cluster.stop("n3");
        service("n1").removeVoter("n3", id -> !id.equals("n3")).get(20, TimeUnit.SECONDS);
        write("n1", "missed");

        cluster.restart("n3");
        await().atMost(SOON).until(() -> !service("n3").isVoting() && !cluster.member("n3").votes);
        awaitEqual("n3", "n1");
        assertThat(service("n1").voters()).extracting(CatalogPeer::nodeId).containsExactly("n1", "n2");
    }

    @Test
    void voterThatLostItsDiskVotesAgainOnceItsOldVoteIsTakenBack() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        write("n3", "before");
        cluster.stop("n1");
        await().atMost(SOON).ignoreExceptions().until(() -> write("n2", "meanwhile") != null);
        final TestCluster.Member wiped = cluster.member("n1");
        wiped.disk++;
        wiped.votes = false;
        Folders.delete(folder.resolve("n1"));

        cluster.follow("n1");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(service("n2").voters())
                        .extracting(CatalogPeer::nodeId)
                        .containsExactly("n2", "n3"));
        cluster.promote("n1");
        write("n1", "as a voter again");
        awaitEqual("n1", "n2");
        assertThat(service("n1").definitions())
                .extracting(Definition::id)
                .containsExactlyInAnyOrder("before", "meanwhile", "as a voter again");
    }

    @Test
    void deadVoterIsTakenOutByANodeWithoutAVoteThatAsksItFirst() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        cluster.follow("n4");
        write("n4", "before");
        cluster.stop("n1");
        await().atMost(SOON).ignoreExceptions().until(() -> {
            service("n4").removeVoter("n1", id -> !id.equals("n1")).get(20, TimeUnit.SECONDS);
            return true;
        });
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(service("n4").voters())
                        .extracting(CatalogPeer::nodeId)
                        .containsExactly("n2", "n3"));
    }

    @Test
    void nodesWithoutAVoteGoOnWithTheNextLeader() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        cluster.follow("n4");
        write("n4", "before");
        cluster.stop(cluster.awaitLeader());
        await().atMost(SOON).ignoreExceptions().until(() -> {
            write("n4", "after");
            return service("n4").definition("after") != null;
        });
    }

    @Test
    void leadershipIsHandedOn() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        final String leader = cluster.awaitLeader();
        final String next = List.of("n1", "n2", "n3").stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
        service(leader).transferLeadership(next).get(20, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> cluster.awaitLeader().equals(next));
        write(leader, "after");
    }

    @Test
    void leaderThatIsTakenOutStopsLeadingAndFollows() throws Exception {
        cluster.join("n2");
        cluster.join("n3");
        final String leader = cluster.awaitLeader();
        service(leader).removeVoter(leader, id -> true).get(20, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> !service(leader).isVoting());
        await().atMost(SOON)
                .until(() -> !service(leader).leaderId().isEmpty()
                        && !service(leader).leaderId().equals(leader));
        await().atMost(SOON)
                .ignoreExceptions()
                .until(() -> write(leader, "after").index() > 0);
    }

    private long raftFolders(final String id) throws IOException {
        try (Stream<Path> folders = Files.list(folder.resolve(id))) {
            return folders.filter(each -> Files.isDirectory(each.resolve("current")))
                    .count();
        }
    }
}
