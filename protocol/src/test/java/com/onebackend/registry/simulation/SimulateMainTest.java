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
    void optionsThatWouldHaveNoEffectAreRefused() {
        final List<List<String>> ignored = List.of(
                List.of("--nightly", "--nodes", "100"),
                List.of("--nightly", "--runs", "2"),
                List.of("--nightly", "--calm"),
                List.of("--report", "--calm"),
                List.of("--verbose", "--report"),
                List.of("--report", "--seconds", "5"),
                List.of("--report", "--membership-only"),
                List.of("--report", "--minutes", "5"),
                List.of("--runs", "2"),
                List.of("--seeds", "5"),
                List.of("--minutes", "5"),
                List.of("--calm", "--forgetful"),
                List.of("--membership-only", "--write-millis", "5"));
        for (final List<String> arguments : ignored) {
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
