package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SimulateMainTest {
    @Test
    void wrongArgumentsAreRefused() {
        final List<List<String>> wrong = List.of(
                List.of("--what"),
                List.of("--seed"),
                List.of("--seed", "x"),
                List.of("--nodes", "0"),
                List.of("--nodes", "3001"),
                List.of("--nodes", "3,30"),
                List.of("--report", "--nodes", "3,,30"),
                List.of("--report", "--nightly"),
                List.of("--seconds", "0"));
        for (final List<String> arguments : wrong) {
            assertThat(SimulateMain.run(arguments)).as("%s", arguments).isEqualTo(2);
        }
    }

    @Test
    void runWithoutATroubleEndsWithZero() {
        assertThat(SimulateMain.run(List.of("--calm", "--nodes", "2", "--seconds", "1", "--membership-only")))
                .isZero();
    }

    @Test
    void commandNamesEverythingThatDiffersFromTheSeed() {
        final SimulationConfig chaos = SimulationConfig.chaos(7, 5);
        assertThat(chaos.command()).isEqualTo("scripts/simulate --seed 7 --nodes 5");
        assertThat(chaos.lasting(30 * SECOND).withWrites(200 * MILLI).command())
                .isEqualTo("scripts/simulate --seed 7 --nodes 5 --seconds 30 --write-millis 200");
        assertThat(SimulationConfig.calm(7, 5).membershipOnly().command())
                .isEqualTo("scripts/simulate --seed 7 --nodes 5 --calm --membership-only");
        assertThat(chaos.withNetwork(NetworkFaults.NONE).command()).endsWith("(and what its test changes)");
    }
}
