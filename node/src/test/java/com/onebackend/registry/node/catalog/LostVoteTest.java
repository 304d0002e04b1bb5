package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who may answer at the address of a node that lost its disk. */
class LostVoteTest {
    private final AtomicInteger questions = new AtomicInteger();

    @Test
    void whoAnswersWhileNoRaftRunsHereIsAnotherProcessWithTheSameId() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final List<CatalogPeer> told = List.of(new CatalogPeer("n1", "127.0.0.1", other.getLocalPort()));
            assertThatThrownBy(() -> lostVote(true).takeBack(told))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("another running node has the id n1")
                    .extracting(e -> ((RegistryException) e).error().code())
                    .isEqualTo(ErrorCode.CONFLICT);
            assertThat(questions).hasValue(0);
        }
    }

    @Test
    void nodeThatHasBecomeAVoterAgainDoesNotTakeItselfForAnother() throws Exception {
        try (ServerSocket own = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final List<CatalogPeer> told = List.of(new CatalogPeer("n1", "127.0.0.1", own.getLocalPort()));
            assertThatCode(() -> lostVote(false).takeBack(told)).doesNotThrowAnyException();
            assertThat(questions).as("its new vote is not touched").hasValue(0);
        }
    }

    @Test
    void voteIsAskedBackAgainAfterATryThatFailed() throws Exception {
        final LostVote lost = lostVote(true);
        final List<CatalogPeer> told = List.of(new CatalogPeer("n1", "127.0.0.1", TestCluster.freePort()));
        lost.takeBack(told);
        lost.takeBack(told);
        assertThat(questions).hasValue(2);
    }

    /** Nobody tells who votes. */
    private LostVote lostVote(final boolean isIdle) {
        final CatalogConfig config = new CatalogConfig(
                Path.of("raft"),
                UUID.randomUUID(),
                new CatalogPeer("n1", "127.0.0.1", 1),
                "127.0.0.1",
                null,
                new MemoryCatalogStore(),
                null,
                null,
                null,
                CatalogConfig.Snapshots.DEFAULT);
        final CatalogState state = new CatalogState(config.store(), new CatalogFeed());
        final Voters voters = new Voters(config, state, () -> null, () -> {
            questions.incrementAndGet();
            return List.of();
        });
        return new LostVote(config, voters, work -> {
            if (isIdle) {
                work.run();
            }
            return isIdle;
        });
    }
}
