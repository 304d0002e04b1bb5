package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node leaves behind that the catalog has removed: its tombstones, for as long as somebody may need them. */
class RemovedNodeSimTest {
    private static final String ID = "inst-0";
    private static final long TOMBSTONE_NANOS = 2 * SECOND;
    private static final long HORIZON_NANOS = 20 * SECOND;
    private static final long COLLECTED_WITHIN_NANOS = 4 * HORIZON_NANOS;

    @Test
    void tombstonesOfARemovedNodeOutliveTheHorizonAndAreThenCollectedByNodesThatWriteNothing() {
        final Simulation simulation = started(5);
        simulation.node(0).write(ID, Workload.registration(ID, 1));
        simulation.runFor(SECOND);
        deregisteredByANodeThatIsRemoved(simulation);
        simulation.runFor(HORIZON_NANOS - SECOND);
        for (final VirtualNode node : simulation.nodes(Phase.RUNNING)) {
            assertThat(tombstones(node)).as("%s keeps it", node).isOne();
        }
        simulation.runUntil(
                "collected by all",
                COLLECTED_WITHIN_NANOS,
                () -> simulation.nodes(Phase.RUNNING).stream().allMatch(node -> tombstones(node) == 0));
        assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
        agree(simulation);
    }

    @Test
    void nodeThatMissedTheTombstoneOfARemovedNodeLoadsAnewAndBringsNothingBack() {
        final Simulation simulation = started(5);
        final VirtualNode away = simulation.node(2);
        simulation.node(0).write(ID, Workload.registration(ID, 1));
        simulation.runFor(SECOND);
        away.crash();
        deregisteredByANodeThatIsRemoved(simulation);
        // Collected past who is away: a fence is chosen after one horizon, and waits for him for another.
        simulation.runUntil(
                "collected by the others",
                2 * COLLECTED_WITHIN_NANOS,
                () -> simulation.nodes(Phase.RUNNING).stream().allMatch(node -> tombstones(node) == 0));
        simulation.start(away);
        simulation.runUntil(
                "loads anew",
                30 * SECOND,
                () -> away.core().counters().snapshot().retained().resetsFinished() == 1);
        agree(simulation);
    }

    @Test
    void nodeThatMissedTheTombstoneAndReturnsInTimeKeepsItAndLoadsNothingAnew() {
        final Simulation simulation = started(5);
        final VirtualNode away = simulation.node(2);
        simulation.node(0).write(ID, Workload.registration(ID, 1));
        simulation.runFor(SECOND);
        away.crash();
        deregisteredByANodeThatIsRemoved(simulation);
        simulation.runFor(HORIZON_NANOS / 2);
        simulation.start(away);
        simulation.runFor(5 * SECOND);
        assertThat(away.instance(ID)).isNull();
        assertThat(tombstones(away)).isOne();
        assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
        agree(simulation);
    }

    private static void deregisteredByANodeThatIsRemoved(final Simulation simulation) {
        final VirtualNode leaving = simulation.node(4);
        leaving.write(ID, new Part.Tombstone());
        simulation.runFor(SECOND);
        leaving.leave();
        simulation.runFor(SECOND);
        simulation.remove(leaving);
    }

    private static void agree(final Simulation simulation) {
        final List<VirtualNode> running = simulation.nodes(Phase.RUNNING);
        simulation.runUntil("agree", 60 * SECOND, () -> Agreement.problem(running, List.of(ID)) == null);
        for (final VirtualNode node : running) {
            assertThat(node.instance(ID)).isNull();
        }
    }

    private static long tombstones(final VirtualNode node) {
        return node.core().counters().snapshot().retained().tombstones();
    }

    private static Simulation started(final int nodes) {
        final Simulation simulation = new Simulation(SimulationConfig.calm(1, nodes)
                .withRetention(SimulationConfig.retention(TOMBSTONE_NANOS, HORIZON_NANOS)));
        simulation.startAll();
        simulation.converge();
        return simulation;
    }
}
