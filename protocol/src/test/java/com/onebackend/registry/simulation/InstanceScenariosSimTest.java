package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Fault scenarios of instances by the ids of the reliability brief: those about load and transfers. Others stand with
 * heartbeats and with retention.
 */
class InstanceScenariosSimTest {
    @Test
    void in05StormOfRegistrationsIsOnEveryNodeInASecond() {
        final Simulation simulation = started(SimulationConfig.calm(5, 5));
        final int perMilli = 5;
        for (int i = 0; i < 4_000; i++) {
            for (int k = 0; k < perMilli; k++) {
                final int serial = i * perMilli + k;
                final VirtualNode node = simulation.node(serial % 5);
                // Each is taken back a second after it was registered.
                if (serial / 5_000 % 2 == 0) {
                    register(node, "storm-" + serial % 5_000);
                } else {
                    node.write("storm-" + serial % 5_000, new Part.Tombstone());
                }
                assertThat(node.core().hasRoom()).isTrue();
            }
            simulation.runFor(MILLI);
        }
        final List<Long> took = simulation.changes().tookNanos();
        assertThat(Summary.percentile(took, 99)).isLessThanOrEqualTo(SECOND);
        assertThat(simulation.converge()).isLessThanOrEqualTo(SECOND);
        simulation.nodes().forEach(node -> assertThat(node.instance("storm-0")).isNull());
        assertThat(simulation.ledger().acknowledgedCount()).isEqualTo(20_000);
    }

    @Test
    void in14SlowPeerHoldsUpNobodyAndHasEverythingOnceItIsFastAgain() {
        final Simulation simulation = started(SimulationConfig.calm(14, 5).withWrites(2 * MILLI));
        final VirtualNode slow = simulation.node(4);
        // Ten kilobytes a second over a link that four peers share.
        simulation
                .network()
                .limitStreams((from, to) ->
                        to.equals(slow.endpoint()) || from.equals(slow.endpoint()) ? 2_500 : Long.MAX_VALUE);
        simulation.workload().start();
        for (int i = 0; i < 60; i++) {
            final String id = "probe-" + i;
            register(simulation.node(0), id);
            simulation.runUntil(
                    "the others have it",
                    200 * MILLI,
                    () -> IntStream.range(1, 4)
                            .allMatch(index -> simulation.node(index).instance(id) != null));
            simulation.runFor(SECOND / 2);
        }
        assertThat(slow.instance("probe-59")).as("far behind").isNull();
        simulation.workload().stop();
        simulation.network().limitStreams((from, to) -> Long.MAX_VALUE);
        assertThat(simulation.converge()).isLessThanOrEqualTo(30 * SECOND);
        assertThat(simulation.detection().falseDeaths()).isZero();
    }

    @Test
    void in17TransferWhoseSourceDiesGoesOnElsewhereWhereItStopped() {
        for (long seed = 1; seed <= 5; seed++) {
            final Simulation simulation = new Simulation(SimulationConfig.chaos(seed, 4)
                    .withFaults(FaultPlan.Kinds.NONE)
                    .withNetwork(NetworkFaults.NONE)
                    .withDirect(64));
            for (int i = 0; i < 3; i++) {
                simulation.start(simulation.node(i));
            }
            simulation.converge();
            for (int i = 0; i < 600; i++) {
                register(simulation.node(i % 3), "inst-" + i);
            }
            simulation.converge();
            final VirtualNode joining = simulation.node(3);
            final Endpoint[] source = new Endpoint[1];
            final int[] received = new int[2];
            simulation.network().tamper((from, to, message) -> {
                if (to.equals(joining.endpoint())
                        && message instanceof GossipMessage.Log log
                        && log.message() instanceof LogMessage.SyncChunk chunk) {
                    source[0] = from;
                    received[0] += chunk.entries().size();
                    received[1] = Math.max(received[1], chunk.entries().size());
                }
                return List.of(message);
            });
            simulation.start(joining);
            simulation.runUntil("half of it", 20 * SECOND, () -> received[0] >= 300);
            assertThat(joining.core().isCaughtUp()).isFalse();
            final VirtualNode dying = simulation.nodes().stream()
                    .filter(node -> node.endpoint().equals(source[0]))
                    .findFirst()
                    .orElseThrow();
            dying.crash();
            simulation.runUntil(
                    "all of it",
                    30 * SECOND,
                    () -> IntStream.range(0, 600).allMatch(i -> joining.instance("inst-" + i) != null));
            // Each entry once, but for what was under way.
            assertThat(received[0]).as("seed %d", seed).isLessThanOrEqualTo(600 + 2 * received[1]);
            assertThat(simulation.nodes(Phase.RUNNING)).hasSize(3);
        }
    }

    @Test
    void in18StreamsThatBreakAtEveryThirdMessageLoseNothing() {
        final Simulation simulation = started(SimulationConfig.calm(18, 5).withWrites(20 * MILLI));
        simulation.network().faults(NetworkFaults.NONE.withStreamBreak(0.30));
        simulation.workload().start();
        simulation.runFor(60 * SECOND);
        simulation.workload().stop();
        // While they go on breaking.
        assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
        assertThat(simulation.ledger().acknowledgedCount()).isGreaterThan(2_000);
        assertThat(simulation.detection().falseDeaths()).isZero();
    }

    private static Simulation started(final SimulationConfig config) {
        final Simulation simulation = new Simulation(config);
        simulation.startAll();
        simulation.converge();
        return simulation;
    }

    private static void register(final VirtualNode node, final String instanceId) {
        node.write(instanceId, Workload.registration(instanceId, 1));
    }
}
