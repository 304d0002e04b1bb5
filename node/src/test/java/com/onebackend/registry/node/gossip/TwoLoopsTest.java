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
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.replication.RetentionConfig;
import com.onebackend.registry.replication.SessionConfig;
import com.onebackend.registry.storage.GroupCommit;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.storage.rocksdb.RocksRegistryStore;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two loops that hear each other, each over a disk of its own. Tombstones live for a second. */
class TwoLoopsTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long MILLI = 1_000_000;

    @TempDir
    Path folder;

    private final Map<Endpoint, GossipLoop> loops = new ConcurrentHashMap<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private Node first;
    private Node second;

    @BeforeEach
    void start() {
        first = new Node(1);
        second = new Node(2);
        final Map<String, Origin> both = Map.of("n1", new Origin(1), "n2", new Origin(2));
        for (final Node node : List.of(first, second)) {
            node.loop.command(turn -> turn.core().catalogMembers(both, turn.now(), turn.effects()));
        }
        first.loop.command(turn -> turn.core().join(List.of(second.endpoint), turn.now(), turn.effects()));
        await().atMost(SOON)
                .until(() -> first.loop.members().size() == 2
                        && second.loop.members().size() == 2);
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
        assertThat(failures).isEmpty();
    }

    @Test
    void tombstoneGoesOnceBothHaveItOnDisk() {
        first.write("a", registration());
        await().atMost(SOON).until(() -> second.directory.byId("a") != null);
        first.write("a", new Part.Tombstone());
        await().atMost(SOON).until(() -> second.directory.byId("a") == null);
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(first.loop.figures().counters().retained().ownWatermark())
                    .isEqualTo(2);
            for (final Node node : List.of(first, second)) {
                assertThat(node.loop.figures().tombstones()).isZero();
                assertThat(node.loop.figures().counters().retained().tombstonesCollected())
                        .isEqualTo(1);
            }
        });
    }

    @Test
    void stateAMemberComesToIsCountedOnce() {
        assertThat(first.loop.transitions(MemberState.ALIVE)).isEqualTo(1);
        assertThat(first.loop.transitions(MemberState.LEFT)).isZero();
        second.loop.command(turn -> turn.core().leave(turn.now(), turn.effects()));
        await().atMost(SOON).until(() -> first.loop.members().get(1).state() == MemberState.LEFT);
        assertThat(first.loop.transitions(MemberState.LEFT)).isEqualTo(1);
        assertThat(first.loop.transitions(MemberState.ALIVE)).isEqualTo(1);
        assertThat(first.loop.transitions(MemberState.DEAD)).isZero();
    }

    /** As a node puts them together, with the other loop for a network. */
    private final class Node {
        private final Directory directory = new Directory();
        private final Endpoint endpoint;
        private final RegistryStore store;
        private final GroupCommit commit;
        private final GossipLoop loop;

        Node(final int index) {
            final String id = "n" + index;
            endpoint = new Endpoint(id, 2);
            store = RocksRegistryStore.open(folder.resolve(id), StoreOptions.defaults());
            commit = GroupCommit.start(store.instances(), failures::add);
            final MemberId memberId = new MemberId(id, new Origin(index), new Generation(1));
            final Member self =
                    new Member(memberId, Incarnation.FIRST, MemberState.ALIVE, endpoint, "http://" + id + ":1");
            loop = new GossipLoop(
                    new GossipCore(config(), self, new SplittableRandom(index)),
                    directory,
                    (to, lane, message) -> deliver(to, message),
                    commit::trySubmit,
                    failures::add);
            loops.put(endpoint, loop);
            loop.start();
        }

        void write(final String instanceId, final Part part) {
            loop.command(turn -> turn.core().write(instanceId, part, turn.now(), turn.effects()));
        }

        void close() {
            loop.close();
            commit.close();
            store.close();
        }

        private boolean deliver(final Endpoint to, final byte[] message) {
            final GossipLoop receiver = loops.get(to);
            try {
                return receiver != null && receiver.received(endpoint, WireCodec.decode(message));
            } catch (final WireException e) {
                failures.add(e);
                return false;
            }
        }
    }

    private static GossipConfig config() {
        final GossipConfig lan = GossipConfig.LAN;
        final RetentionConfig usual = RetentionConfig.DEFAULT;
        final RetentionConfig seconds = new RetentionConfig(
                1_000 * MILLI,
                usual.horizonNanos(),
                usual.tombstonesMax(),
                500 * MILLI,
                usual.dropsPerTickMax(),
                100 * MILLI,
                usual.asideMax(),
                usual.asideNanos());
        final ReplicaConfig replica = lan.replica()
                .withSessions(SessionConfig.DEFAULT.lasting(400 * MILLI))
                .with(seconds);
        return new GossipConfig(
                lan.membership(),
                replica,
                lan.syncIntervalNanos(),
                lan.divergenceNanos(),
                lan.sessionTimeoutNanos(),
                lan.sessionsMax(),
                lan.directPushMembersMax(),
                lan.heartbeats());
    }

    private static Part.Registration registration() {
        return new Part.Registration(
                "s", "http://198.18.0.1:80", "", "", "", 0, "", "", "http://n1:1", List.of(), Stamp.ZERO);
    }
}
