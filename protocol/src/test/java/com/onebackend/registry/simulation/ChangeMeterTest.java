package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ChangeMeterTest {
    private final Simulation simulation = new Simulation(SimulationConfig.calm(1, 3));

    @Test
    void changeIsMeasuredWhenTheLastNodeHasIt() {
        lackedByOne();
        simulation.heal();
        simulation.converge();
        assertThat(simulation.changes().isPending()).isFalse();
        assertThat(simulation.changes().tookNanos())
                .singleElement()
                .satisfies(took -> assertThat(took).isBetween(SECOND * 9 / 10, 20 * SECOND));
    }

    @Test
    void crashOfTheOnlyNodeThatLacksAChangeIsNoArrival() {
        lackedByOne();
        simulation.node(2).crash();
        assertThat(simulation.changes().isPending()).isFalse();
        assertThat(simulation.changes().tookNanos()).isEmpty();
    }

    @Test
    void nodeThatLeftIsNotWaitedFor() {
        lackedByOne();
        simulation.node(2).leave();
        assertThat(simulation.changes().isPending()).isFalse();
        assertThat(simulation.changes().tookNanos()).isEmpty();
    }

    private void lackedByOne() {
        simulation.startAll();
        simulation.converge();
        simulation.partition(Set.of(simulation.node(2)), false);
        simulation.node(0).write("inst-0", Workload.registration("inst-0", 1));
        simulation.runFor(SECOND);
        assertThat(simulation.changes().isPending()).isTrue();
    }
}
