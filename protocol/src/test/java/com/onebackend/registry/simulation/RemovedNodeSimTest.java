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
    private static final int GUESTS = Integer.getInteger("guests", 100);
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

    /** Each comes with an empty disk, writes, leaves and is removed: in the end nobody has anything of them. */
    @Test
    void nodesThatComeWriteLeaveAndAreRemovedLeaveNothingBehind() {
        final Simulation simulation = started(5);
        final VirtualNode guest = simulation.node(4);
        int most = 0;
        for (int i = 0; i < GUESTS; i++) {
            guest.write("inst-" + i % 7, Workload.registration("inst-" + i % 7, 1));
            simulation.runFor(SECOND / 2);
            guest.write("inst-" + i % 7, new Part.Tombstone());
            simulation.runFor(SECOND / 2);
            guest.leave();
            simulation.runFor(SECOND / 2);
            simulation.remove(guest);
            guest.wipe();
            simulation.start(guest);
            simulation.runFor(SECOND / 2);
            most = Math.max(most, logs(simulation.node(0)));
        }
        assertThat(most).as("those of a few horizons").isLessThan(GUESTS / 2);
        simulation.runUntil(
                "forgotten by all",
                COLLECTED_WITHIN_NANOS,
                () -> simulation.nodes(Phase.RUNNING).stream().allMatch(node -> logs(node) <= 5));
        simulation
                .nodes(Phase.RUNNING)
                .forEach(node -> assertThat(tombstones(node)).isZero());
        assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
        simulation.converge();
    }

    /** The logs of which its disk has something. */
    private static int logs(final VirtualNode node) {
        return (int) node.disk().written().heads().values().stream()
                .filter(head -> head.maxVersion() != Long.MAX_VALUE)
                .count();
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
