package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
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
 * Members that leave and join again, and what they register and deregister meanwhile, leave nothing behind: neither
 * with those who come back, nor with the two who stay all the time and remember everything that is ever remembered.
 */
class ChurnSimTest {
    private static final int NODES = 4;
    /** These never leave. */
    private static final int STAYING = 2;

    private static final int CYCLES = Integer.getInteger("cycles", 10_000);
    /** What has a limit is full by then; the pushes kept for others take longest. */
    private static final int WARM_UP = 2_500;

    private static final int CYCLES_LEAKING = 2_000;

    private static final int LEAK_BYTES = 64;

    private final EventQueue events = new EventQueue();
    private final Trace trace = new Trace(null);
    private final Seeds seeds = new Seeds(1);
    private final VirtualNetwork network = new VirtualNetwork(events, trace, seeds.forPurpose("network"));
    private final List<VirtualNode> nodes = new ArrayList<>();
    private final List<byte[]> leaked = new ArrayList<>();
    private boolean isLeaking;

    ChurnSimTest() {
        final NodeObserver observer = new NodeObserver() {
            @Override
            public void memberChanged(final VirtualNode node, final Member before, final Member after) {
                if (isLeaking && node.index() == 0 && after.state() == MemberState.LEFT) {
                    // A list has a place for it, too.
                    leaked.add(new byte[LEAK_BYTES - 16 - 8]);
                }
            }
        };
        final VirtualNode.World world = new VirtualNode.World(events, network, trace, seeds, gossip(), true, observer);
        for (int i = 0; i < NODES; i++) {
            nodes.add(new VirtualNode(i, 0, world));
        }
    }

    @Test
    void heapIsAsLargeAfterTenThousandLeavesAndJoinsAsAfterAFew() {
        for (final VirtualNode node : nodes) {
            node.start(List.of(nodes.get(0).endpoint(), nodes.get(1).endpoint()));
        }
        tellCatalog();
        run(10 * SECOND);
        cycles(WARM_UP);
        assertThat(growthBytes(CYCLES)).isLessThan(growthBytesMax(CYCLES));
        for (final VirtualNode node : nodes) {
            assertThat(node.core().members()).hasSize(NODES);
            assertThat(node.core().counters().snapshot().retained().tombstones())
                    .isLessThan(100);
        }
        // Were something kept of each leave, by one member alone, the same measure would tell.
        isLeaking = true;
        assertThat(growthBytes(CYCLES_LEAKING)).isGreaterThan(growthBytesMax(CYCLES_LEAKING));
        assertThat(leaked).hasSize(CYCLES_LEAKING);
    }

    private static long growthBytesMax(final int cycles) {
        return LEAK_BYTES / 2L * cycles;
    }

    private long growthBytes(final int cycles) {
        final long before = heapBytes();
        cycles(cycles);
        final long after = heapBytes();
        System.out.printf(
                "heap after %d leaves and joins %d bytes, after %d more %d bytes%n", WARM_UP, before, cycles, after);
        return after - before;
    }

    /** One after the other leaves and comes back, with something new registered and deregistered by each. */
    private void cycles(final int count) {
        for (int i = 0; i < count; i++) {
            final VirtualNode node = nodes.get(STAYING + i % (NODES - STAYING));
            node.write("inst-" + i, registration());
            run(SECOND / 4);
            node.write("inst-" + i, new Part.Tombstone());
            run(SECOND / 4);
            node.leave();
            run(SECOND / 4);
            node.start(List.of(nodes.get(i % STAYING).endpoint()));
            tellCatalog();
            run(SECOND * 3 / 4);
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
