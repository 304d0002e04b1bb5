package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Members that leave and join again, and what they register and deregister meanwhile, leave nothing behind. A thousand
 * times in every build; {@code -Dcycles=10000} for more.
 */
class ChurnSimTest {
    private static final int NODES = 5;
    private static final int CYCLES = Integer.getInteger("cycles", 1_000);
    private static final int WARM_UP = 100;

    private final EventQueue events = new EventQueue();
    private final Trace trace = new Trace(null);
    private final Seeds seeds = new Seeds(1);
    private final VirtualNetwork network = new VirtualNetwork(events, trace, seeds.forPurpose("network"));
    private final List<VirtualNode> nodes = new ArrayList<>();

    ChurnSimTest() {
        final VirtualNode.World world =
                new VirtualNode.World(events, network, trace, seeds, gossip(), true, new NodeObserver() {});
        for (int i = 0; i < NODES; i++) {
            nodes.add(new VirtualNode(i, 0, world));
        }
    }

    @Test
    void heapIsAsLargeAfterManyLeavesAndJoinsAsAfterAFew() {
        for (final VirtualNode node : nodes) {
            node.start(List.of(nodes.get(0).endpoint(), nodes.get(1).endpoint()));
        }
        tellCatalog();
        run(10 * SECOND);
        cycles(WARM_UP);
        final long before = heapBytes();
        cycles(CYCLES);
        final long after = heapBytes();
        System.out.printf(
                "heap after %d leaves and joins %d bytes, after %d more %d bytes%n", WARM_UP, before, CYCLES, after);
        for (final VirtualNode node : nodes) {
            assertThat(node.core().members()).hasSize(NODES);
            assertThat(node.core().counters().snapshot().retained().tombstones())
                    .isLessThan(WARM_UP);
        }
        // 64 bytes for each would be a leak.
        assertThat(after - before).isLessThan(64L * CYCLES + 256 * 1_024);
    }

    /** One after the other leaves and comes back, with something new registered and deregistered by each. */
    private void cycles(final int count) {
        for (int i = 0; i < count; i++) {
            final VirtualNode node = nodes.get(i % NODES);
            node.write("inst-" + i, registration());
            run(SECOND / 2);
            node.write("inst-" + i, new Part.Tombstone());
            run(SECOND / 2);
            node.leave();
            run(SECOND / 2);
            node.start(List.of(nodes.get((i + 1) % NODES).endpoint()));
            tellCatalog();
            run(SECOND * 3 / 2);
        }
    }

    private void tellCatalog() {
        final Map<String, Origin> catalog = new TreeMap<>();
        nodes.forEach(node -> catalog.put(VirtualNode.nodeIdOf(node.index()), node.origin()));
        for (final VirtualNode node : nodes) {
            node.command((now, out) -> node.core().catalogMembers(catalog, now, out));
        }
    }

    private void run(final long nanos) {
        events.runUntil(events.nowNanos() + nanos);
    }

    /** Every node is up for longer than a tombstone is young. */
    private static GossipConfig gossip() {
        return SimulationConfig.calm(1, NODES)
                .withRetention(SimulationConfig.retention(2 * SECOND, 120 * SECOND))
                .gossip();
    }

    private static Part registration() {
        return new Part.Registration(
                "svc", "http://10.0.0.1:80", "", "", "", 0, "", "", "", List.of(), Stamp.ofMillis(1_700_000_000_000L));
    }

    private static long heapBytes() {
        final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            memory.gc();
            least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
