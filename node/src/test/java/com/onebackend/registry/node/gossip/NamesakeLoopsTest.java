package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two processes with one node id, and a third that knows the first: loops, codec and sockets as in production. */
class NamesakeLoopsTest {
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (final AutoCloseable part : open) {
            part.close();
        }
    }

    @Test
    void processOfAnotherFolderIsToldWhoHasItsIdAndTheFirstStaysWhatItWas() throws IOException {
        final Running witness = new Running("witness", 1, 1);
        final Running first = new Running("twin", 2, 1);
        meet(first, witness);
        final Running second = new Running("twin", 3, 2);
        second.join(witness);
        await().until(() -> second.refusedBy.contains(first.self.id()));
        assertThat(second.refusedBy).hasSize(1);
        assertThat(first.refusedBy).isEmpty();
        assertThat(witness.sees(first)).isTrue();
        assertThat(witness.loop.transitions(MemberState.SUSPECT) + witness.loop.transitions(MemberState.DEAD))
                .isZero();
    }

    @Test
    void processWhoseFolderWasCopiedIsToldThatTheLaterStartHasItsPlace() throws IOException {
        final Running witness = new Running("witness", 1, 1);
        final Running first = new Running("twin", 2, 1);
        meet(first, witness);
        final Running copy = new Running("twin", 2, 2);
        copy.join(witness);
        await().until(() -> first.refusedBy.contains(copy.self.id()));
        assertThat(first.refusedBy).hasSize(1);
        assertThat(copy.refusedBy).isEmpty();
        await().until(() -> witness.sees(copy));
    }

    private static void meet(final Running one, final Running other) {
        one.join(other);
        await().until(() -> one.sees(other) && other.sees(one));
    }

    private final class Running {
        final Member self;
        final GossipLoop loop;
        final Queue<MemberId> refusedBy = new ConcurrentLinkedQueue<>();

        Running(final String nodeId, final long origin, final long generation) throws IOException {
            final GossipTransports transports =
                    new GossipTransports(nodeId, ClusterKeys.derive(TestNode.SECRET), List.of(TestNode.HOST));
            open.add(0, transports);
            final Endpoint at = new Endpoint(
                    TestNode.HOST,
                    transports.bind(TestNode.HOST, 0, CompletableFuture::completedFuture, Runnable::run));
            self = new Member(
                    new MemberId(nodeId, new Origin(origin), new Generation(generation)),
                    Incarnation.FIRST,
                    MemberState.ALIVE,
                    at,
                    "http://" + TestNode.HOST + ":1");
            loop = new GossipLoop(
                    new GossipCore(GossipConfig.LAN, self, new SplittableRandom(origin)),
                    new Directory(),
                    transports::send,
                    (batch, sync, written) -> {
                        written.run();
                        return true;
                    },
                    failure -> {});
            open.add(0, loop);
            loop.onRefused(incumbent -> refusedBy.add(incumbent.id()));
            loop.start();
            transports.joinCluster(1, at, (from, bytes) -> receive(from, bytes), this::receive);
        }

        private boolean receive(final Endpoint from, final byte[] bytes) {
            try {
                return loop.received(from, WireCodec.decode(bytes));
            } catch (final WireException e) {
                throw new AssertionError(e);
            }
        }

        void join(final Running seed) {
            loop.command(turn -> turn.core().join(List.of(seed.self.endpoint()), turn.now(), turn.effects()));
        }

        boolean sees(final Running other) {
            return loop.members().stream()
                    .anyMatch(member -> member.id().equals(other.self.id()) && member.state() == MemberState.ALIVE);
        }
    }
}
