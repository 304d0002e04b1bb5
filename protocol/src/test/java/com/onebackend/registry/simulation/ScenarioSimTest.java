package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The protocol's stories, one each. */
class ScenarioSimTest {
    private static final String ID = "inst-0";

    @Test
    void nodeThatJoinsReceivesEverything() {
        final Simulation simulation = new Simulation(SimulationConfig.calm(1, 4));
        for (int i = 0; i < 3; i++) {
            simulation.start(simulation.node(i));
        }
        simulation.converge();
        for (int i = 0; i < 200; i++) {
            register(simulation.node(i % 3), "inst-" + i);
        }
        simulation.runFor(SECOND);
        simulation.start(simulation.node(3));
        assertThat(simulation.converge()).isLessThanOrEqualTo(3 * SECOND);
        assertThat(simulation.node(3).instance("inst-199")).isNotNull();
    }

    @Test
    void writeReachesEveryNodeWithoutWaitingForASync() {
        final Simulation simulation = started(2, 5);
        simulation.runFor(10 * SECOND);
        register(simulation.node(0), ID);
        simulation.runUntil(
                "all show it",
                200 * MILLI,
                () -> simulation.nodes().stream().allMatch(node -> node.instance(ID) != null));
    }

    @Test
    void suspectedNodeRefutesAndStaysAlive() {
        final Simulation simulation = started(3, 3);
        simulation.node(1).pause();
        simulation.runUntil("suspected", 10 * SECOND, () -> stateAt(simulation.node(0), 1) == MemberState.SUSPECT);
        simulation.node(1).resume();
        simulation.converge();
        assertThat(simulation.detection().falseDeaths()).isZero();
        assertThat(simulation.node(1).core().self().incarnation().value()).isPositive();
    }

    @Test
    void longPausedNodeIsDeadThenBackAndAccusesNobody() {
        final Simulation simulation = started(4, 5);
        simulation.node(2).pause();
        simulation.runFor(20 * SECOND);
        assertThat(stateAt(simulation.node(0), 2)).isEqualTo(MemberState.DEAD);
        final long before = simulation.detection().falseDeaths();
        simulation.node(2).resume();
        assertThat(simulation.converge()).isLessThanOrEqualTo(7 * SECOND);
        simulation.runFor(30 * SECOND);
        assertThat(simulation.detection().falseDeaths()).isEqualTo(before);
    }

    @Test
    void partitionedSidesBothWriteAndMergeWhenHealed() {
        final Simulation simulation = started(5, 5);
        simulation.partition(Set.of(simulation.node(0), simulation.node(1)), false);
        simulation.runFor(30 * SECOND);
        assertThat(stateAt(simulation.node(0), 4)).isEqualTo(MemberState.DEAD);
        register(simulation.node(0), "inst-1");
        register(simulation.node(4), "inst-2");
        simulation.runFor(SECOND);
        simulation.heal();
        assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
        assertThat(simulation.node(0).instance("inst-2")).isNotNull();
        assertThat(simulation.node(4).instance("inst-1")).isNotNull();
    }

    @Test
    void oneWayCutBetweenTwoOfFiveKillsNobody() {
        final Simulation simulation = started(6, 5);
        simulation
                .network()
                .block((from, to) -> from.equals(simulation.node(0).endpoint())
                        && to.equals(simulation.node(1).endpoint()));
        simulation.runFor(60 * SECOND);
        assertThat(simulation.detection().falseDeaths()).isZero();
        register(simulation.node(0), ID);
        simulation.runUntil(
                "past the cut", 15 * SECOND, () -> simulation.node(1).instance(ID) != null);
    }

    @Test
    void restartedNodeKeepsItsLogAndGoesOn() {
        final Simulation simulation = started(7, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        final Origin origin = simulation.node(0).origin();
        simulation.node(0).crash();
        simulation.runFor(500 * MILLI);
        simulation.start(simulation.node(0));
        assertThat(simulation.node(0).origin()).isEqualTo(origin);
        assertThat(simulation.node(0).instance(ID)).isNotNull();
        assertThat(simulation.converge()).isLessThanOrEqualTo(3 * SECOND);
        register(simulation.node(0), "inst-1");
        simulation.runUntil(
                "later writes spread", SECOND, () -> simulation.node(2).instance("inst-1") != null);
    }

    @Test
    void writeThatTheCrashTookIsNowhere() {
        final Simulation simulation = started(8, 3);
        register(simulation.node(0), ID);
        // Before any sync can have ended.
        simulation.runFor(MILLI / 10);
        simulation.node(0).crash();
        simulation.runFor(2 * SECOND);
        final boolean survived = !simulation.node(0).disk().synced().entries().isEmpty();
        assertThat(simulation.node(1).instance(ID)).isNull();
        simulation.start(simulation.node(0));
        simulation.converge();
        assertThat(simulation.node(1).instance(ID) != null).isEqualTo(survived);
    }

    @Test
    void wipedNodeReturnsAsAnotherOriginAndReloads() {
        final Simulation simulation = started(9, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        final Origin before = simulation.node(0).origin();
        simulation.node(0).crash();
        simulation.node(0).wipe();
        simulation.start(simulation.node(0));
        assertThat(simulation.converge()).isLessThanOrEqualTo(3 * SECOND);
        assertThat(simulation.node(0).origin()).isNotEqualTo(before);
        assertThat(simulation.node(0).instance(ID)).isNotNull();
        assertThat(simulation.node(0).instance(ID).owner()).isEqualTo(before);
    }

    @Test
    void syncWhoseStreamBreaksInTheMiddleIsTakenUpAgain() {
        for (long seed = 1; seed <= 10; seed++) {
            final SimulationConfig config = SimulationConfig.chaos(seed, 2)
                    .withFaults(FaultPlan.Kinds.NONE)
                    .withNetwork(NetworkFaults.NONE);
            final Simulation simulation = new Simulation(config);
            simulation.start(simulation.node(0));
            for (int i = 0; i < 300; i++) {
                register(simulation.node(0), "inst-" + i);
            }
            simulation.runFor(SECOND);
            simulation.start(simulation.node(1));
            simulation.runUntil(
                    "the first chunks", 10 * SECOND, () -> simulation.node(1).instance("inst-5") != null);
            simulation.network().breakAllStreams();
            simulation.converge();
            assertThat(simulation.node(1).instance("inst-299")).isNotNull();
        }
    }

    @Test
    void sameInstanceRegisteredAtTwoNodesAtOnceIsOneRecord() {
        final Simulation simulation = started(11, 3);
        register(simulation.node(0), ID);
        register(simulation.node(1), ID);
        simulation.converge();
        assertThat(simulation.node(2).instance(ID)).isNotNull();
    }

    @Test
    void statusWrittenWhileAnotherNodeDeletesDoesNotBringItBack() {
        final Simulation simulation = started(12, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        simulation.partition(Set.of(simulation.node(0)), false);
        simulation.node(0).write(ID, new Part.Tombstone());
        simulation.runFor(SECOND);
        simulation.node(1).write(ID, new Part.Health(InstanceStatus.HEALTHY, "still there", 1));
        simulation.runFor(20 * SECOND);
        simulation.heal();
        simulation.converge();
        simulation.nodes().forEach(node -> assertThat(node.instance(ID)).isNull());
    }

    @Test
    void nodeThatSaysGoodByeIsNotLookedForAndNotDead() {
        final Simulation simulation = started(13, 3);
        simulation.node(1).leave();
        simulation.runUntil("told at once", SECOND, () -> stateAt(simulation.node(0), 1) == MemberState.LEFT);
        simulation.runFor(20 * SECOND);
        assertThat(stateAt(simulation.node(2), 1)).isEqualTo(MemberState.LEFT);
        simulation.start(simulation.node(1));
        assertThat(simulation.converge()).isLessThanOrEqualTo(3 * SECOND);
    }

    @Test
    void allNodesRestartedAtOnceSeeEachOtherWithinTenSeconds() {
        final Simulation simulation = started(14, 30);
        for (int round = 0; round < 5; round++) {
            simulation.nodes().forEach(VirtualNode::crash);
            simulation.startAll();
            assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
        }
    }

    private static Simulation started(final long seed, final int nodes) {
        final Simulation simulation = new Simulation(SimulationConfig.calm(seed, nodes));
        simulation.startAll();
        simulation.converge();
        return simulation;
    }

    private static void register(final VirtualNode node, final String instanceId) {
        node.write(instanceId, Workload.registration(instanceId, 1));
    }

    private static MemberState stateAt(final VirtualNode observer, final int subject) {
        return observer.core().members().stream()
                .filter(member -> member.id().nodeId().equals(VirtualNode.nodeIdOf(subject)))
                .map(Member::state)
                .findFirst()
                .orElse(null);
    }
}
