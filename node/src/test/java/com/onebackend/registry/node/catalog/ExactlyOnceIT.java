package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.CatalogPosition;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.node.catalog.CatalogCommand.Proposal;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are sent again while the leader changes, and what a node without a majority says; with real Raft. */
class ExactlyOnceIT {
    @TempDir
    private Path folder;

    private TestCluster cluster;

    @BeforeEach
    void threeNodes() throws Exception {
        cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT);
        cluster.found("n1");
        cluster.join("n2");
        cluster.join("n3");
    }

    @AfterEach
    void close() {
        cluster.close();
        assertThat(cluster.fatal).isEmpty();
    }

    private static CatalogCommand save(final UUID requestId, final String id) {
        return new SaveDefinition(
                new Proposal(requestId, 1_700_000_000_000L, "alice", 7), Samples.definition(id), OptionalLong.empty());
    }

    /** Sends it again, at any node that runs, until one says what became of it. */
    private CatalogResult sentUntilAnswered(final CatalogCommand command) {
        final List<CatalogResult> answers = new ArrayList<>();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            for (final CatalogService service : cluster.running()) {
                try {
                    answers.add(service.write(command).get(10, TimeUnit.SECONDS));
                } catch (final ExecutionException e) {
                    assertThat(((RegistryException) e.getCause()).error().code())
                            .isIn(ErrorCode.UNAVAILABLE, ErrorCode.INDETERMINATE, ErrorCode.OVERLOADED);
                }
            }
            return !answers.isEmpty();
        });
        assertThat(answers).allMatch(answer -> answer.equals(answers.get(0)));
        return answers.get(0);
    }

    @Test
    void requestSentAgainAtOtherNodesWhileTheLeaderGoesIsAppliedOnce() throws Exception {
        final List<CatalogCommand> commands = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            commands.add(save(UUID.randomUUID(), "d" + i));
        }
        final String survivor = cluster.follower();
        final List<CompletableFuture<CatalogResult>> firstTries = new ArrayList<>();
        for (final CatalogCommand command : commands) {
            firstTries.add(cluster.member(survivor).service.write(command));
        }
        cluster.stop(cluster.awaitLeader());

        for (int i = 0; i < commands.size(); i++) {
            final CatalogResult answer = sentUntilAnswered(commands.get(i));
            assertThat(answer.revision()).as("definition %d", i).isEqualTo(1);
            final CompletableFuture<CatalogResult> first = firstTries.get(i);
            if (first.isDone() && !first.isCompletedExceptionally()) {
                assertThat(answer).isEqualTo(first.get());
            }
        }
        for (final CatalogService service : cluster.running()) {
            service.awaitLinearizable().get(10, TimeUnit.SECONDS);
            for (int i = 0; i < commands.size(); i++) {
                assertThat(service.definitionHistory("d" + i))
                        .extracting(DefinitionRevision::revision)
                        .containsExactly(1L);
            }
        }
    }

    @Test
    void answerOfARequestIsTheSameAtEveryNodeAndAfterARestart() throws Exception {
        final UUID id = UUID.randomUUID();
        final CatalogResult first =
                cluster.member("n2").service.write(save(id, "d")).get(10, TimeUnit.SECONDS);
        cluster.member("n3").service.write(save(UUID.randomUUID(), "d")).get(10, TimeUnit.SECONDS);
        cluster.stop("n3");
        cluster.restart("n3");
        cluster.awaitLeader();

        assertThat(sentUntilAnswered(save(id, "d"))).isEqualTo(first);
        assertThat(cluster.member("n3").service.definition("d").revision()).isEqualTo(2);
    }

    @Test
    void positionTellsTheIndexWrittenAndGrowsOldWithoutAMajority() throws Exception {
        final CatalogService alone = cluster.member("n3").service;
        final CatalogResult written = alone.write(save(UUID.randomUUID(), "d")).get(10, TimeUnit.SECONDS);
        assertThat(alone.position().index()).isGreaterThanOrEqualTo(written.index());
        await().atMost(Duration.ofSeconds(20))
                .until(() -> alone.position().hasAge() && !alone.position().isStale());

        cluster.stop("n1");
        cluster.stop("n2");

        await().atMost(Duration.ofSeconds(30))
                .until(() -> alone.position().isStale() && alone.position().hasAge());
        assertThat(alone.position().ageMillis()).isGreaterThan(CatalogPosition.STALE_MILLIS);
        assertThat(alone.definition("d")).isNotNull();

        cluster.restart("n1");
        await().atMost(Duration.ofSeconds(30)).until(() -> !alone.position().isStale());
    }
}
