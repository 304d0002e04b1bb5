package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** Seeds under every fault at once: nothing unsafe happens, and after the last fault all agree. */
class ChaosSimTest {
    @Test
    void threeNodesSurviveEveryFault() {
        surviveAll(3, 1, 150);
    }

    @Test
    void fiveNodesSurviveEveryFault() {
        surviveAll(5, 1_001, 80);
    }

    @Test
    void tenNodesSurviveEveryFault() {
        surviveAll(10, 2_001, 8);
    }

    @Test
    void thirtyNodesSurviveEveryFault() {
        final SimulationConfig config =
                SimulationConfig.chaos(3_001, 30).withWrites(200 * MILLI).lasting(30 * SECOND);
        assertThat(new Simulation(config).run().acknowledged()).isPositive();
    }

    @Test
    void hundredNodesSurviveEveryFault() {
        final SimulationConfig config =
                SimulationConfig.chaos(7_001, 100).withWrites(200 * MILLI).lasting(20 * SECOND);
        assertThat(new Simulation(config).run().acknowledged()).isPositive();
    }

    @Test
    void twoNodesSurviveEveryFault() {
        surviveAll(2, 4_001, 25);
    }

    @Test
    void aNodeAloneLosesNothingItAcknowledged() {
        surviveAll(1, 5_001, 10);
    }

    /** A partition of hours, in which both sides wrote, then peace. */
    @Test
    void halvesMeetAgainAfterHours() {
        final Simulation simulation =
                new Simulation(SimulationConfig.calm(6_001, 5).withWrites(60 * SECOND));
        simulation.startAll();
        simulation.converge();
        simulation.workload().start();
        simulation.partition(Set.copyOf(simulation.nodes().subList(0, 2)), false);
        simulation.runFor(2 * 3_600 * SECOND);
        simulation.workload().stop();
        assertThat(simulation.disagreement()).isNotNull();
        simulation.heal();
        assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
    }

    private static void surviveAll(final int nodes, final long firstSeed, final int seeds) {
        long acknowledged = 0;
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            acknowledged +=
                    new Simulation(SimulationConfig.chaos(seed, nodes)).run().acknowledged();
        }
        assertThat(acknowledged).isGreaterThan(100L * seeds);
    }
}
