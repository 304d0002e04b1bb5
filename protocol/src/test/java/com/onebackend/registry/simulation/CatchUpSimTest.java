package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.model.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a node may say that it has what the others have: not because others have as little as itself. */
class CatchUpSimTest {
    private static final int WITH_DATA = 3;
    private static final int INSTANCES = 60;
    private static final int SEEDS = 60;

    @Test
    void emptyNodeIsNotCaughtUpBeforeItHasEverythingHoweverManyEmptyOnesStartWithIt() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            final Cluster cluster = new Cluster(seed, 12);
            cluster.startUpTo(WITH_DATA);
            for (int i = 0; i < INSTANCES; i++) {
                final String id = "inst-" + i;
                cluster.nodes.get(i % WITH_DATA).write(id, Workload.registration(id, 1));
            }
            cluster.run(2 * SECOND);
            cluster.startUpTo(12);
            cluster.run(5 * SECOND);
            assertThat(cluster.instancesWhenCaughtUp.subMap(WITH_DATA, 12))
                    .as("seed %d: instances at the moment when each said that it has all", seed)
                    .hasSize(12 - WITH_DATA)
                    .allSatisfy((node, instances) -> assertThat(instances).isEqualTo(INSTANCES));
        }
    }

    @Test
    void foundingClusterIsCaughtUpAtOnceAlthoughNobodyHasAnything() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            final Cluster cluster = new Cluster(seed, 3);
            cluster.startUpTo(3);
            cluster.run(SECOND / 2);
            assertThat(cluster.instancesWhenCaughtUp).as("seed %d", seed).hasSize(3);
        }
    }

    @Test
    void largeFoundingClusterIsCaughtUpAsWell() {
        final Cluster cluster = new Cluster(1, 40);
        cluster.startUpTo(40);
        cluster.run(3 * SECOND);
        assertThat(cluster.instancesWhenCaughtUp).hasSize(40);
    }

    /** Notes how much each node held when it first said that it is caught up. */
    private static final class Cluster {
        private final EventQueue events = new EventQueue();
        private final List<VirtualNode> nodes = new ArrayList<>();
        private final TreeMap<Integer, Long> instancesWhenCaughtUp = new TreeMap<>();

        Cluster(final long seed, final int count) {
            final Trace trace = new Trace(null);
            final Seeds seeds = new Seeds(seed);
            final VirtualNetwork network = new VirtualNetwork(events, trace, seeds.forPurpose("network"));
            final NodeObserver observer = new NodeObserver() {
                @Override
                public void stepped(final VirtualNode node) {
                    if (node.core().isCaughtUp()) {
                        instancesWhenCaughtUp.computeIfAbsent(node.index(), index -> instances(node));
                    }
                }
            };
            final VirtualNode.World world =
                    new VirtualNode.World(events, network, trace, seeds, GossipConfig.LAN, false, observer);
            for (int i = 0; i < count; i++) {
                nodes.add(new VirtualNode(i, 0, world));
            }
        }

        private static long instances(final VirtualNode node) {
            long count = 0;
            for (int i = 0; i < INSTANCES; i++) {
                count += node.instance("inst-" + i) == null ? 0 : 1;
            }
            return count;
        }

        /** All at once that do not run yet; the first three are everybody's seeds. */
        void startUpTo(final int count) {
            for (final VirtualNode node : nodes.subList(0, count)) {
                if (node.phase() == VirtualNode.Phase.DOWN) {
                    final List<Endpoint> seeds = nodes.subList(0, WITH_DATA).stream()
                            .filter(seed -> seed != node)
                            .map(VirtualNode::endpoint)
                            .toList();
                    node.start(seeds);
                }
            }
        }

        void run(final long nanos) {
            events.runUntil(events.nowNanos() + nanos);
        }
    }
}
