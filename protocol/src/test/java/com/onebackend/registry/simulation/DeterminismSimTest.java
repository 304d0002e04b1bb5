package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class DeterminismSimTest {
    @Test
    void sameSeedGivesTheSameTrace() {
        for (long seed = 1; seed <= 5; seed++) {
            final SimulationConfig config = SimulationConfig.chaos(seed, 5).lasting(30 * SECOND);
            assertThat(new Simulation(config).run()).isEqualTo(new Simulation(config).run());
        }
    }

    @Test
    void anotherSeedGivesAnotherTrace() {
        final long one = new Simulation(SimulationConfig.chaos(1, 3)).run().traceHash();
        final long other = new Simulation(SimulationConfig.chaos(2, 3)).run().traceHash();
        assertThat(one).isNotEqualTo(other);
    }

    @Test
    void listeningDoesNotChangeTheRun() {
        final SimulationConfig config = SimulationConfig.chaos(7, 3).lasting(20 * SECOND);
        final StringBuilder heard = new StringBuilder();
        final Summary listened = new Simulation(config.listening(heard::append)).run();
        assertThat(listened).isEqualTo(new Simulation(config).run());
        assertThat(heard).isNotEmpty();
    }

    @Test
    void failureNamesTheCommandThatReplaysIt() {
        final Simulation simulation = new Simulation(SimulationConfig.calm(42, 3));
        simulation.startAll();
        simulation.partition(Set.of(simulation.node(0)), false);
        assertThatThrownBy(simulation::converge)
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("scripts/simulate --seed 42 --nodes 3 --calm\n")
                .hasMessageContaining("last events:\n");
    }
}
