package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.membership.MembershipConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The dead are noticed in time, the living are left alone. */
class DetectionSimTest {
    private static final MembershipConfig SWIM = GossipConfig.LAN.membership();

    @Test
    void crashIsNoticedByTwoSurvivorsWithinFourSeconds() {
        final List<Long> all = crashes(3, 60);
        assertThat(Collections.max(all)).isLessThanOrEqualTo(4 * SECOND);
        assertThat(Summary.mean(all)).isLessThan(3.5 * SECOND);
    }

    @Test
    void crashIsNoticedByFourSurvivorsWithinTheBound() {
        assertThat(Collections.max(crashes(5, 30))).isLessThanOrEqualTo(boundNanos(5));
    }

    @Test
    void crashIsNoticedByTwentyNineSurvivorsInFiveSecondsOnAverage() {
        final List<Long> all = crashes(30, 15);
        assertThat(Collections.max(all)).isLessThanOrEqualTo(boundNanos(30));
        assertThat(Summary.mean(all)).isLessThan(5.0 * SECOND);
    }

    @Test
    void crashIsNoticedUnderLossToo() {
        final List<Long> all = new ArrayList<>();
        for (long seed = 1; seed <= 20; seed++) {
            all.addAll(crash(SimulationConfig.calm(seed, 5).withNetwork(NetworkFaults.lossy(0.10))));
        }
        assertThat(Collections.max(all)).isLessThanOrEqualTo(2 * boundNanos(5));
    }

    @Test
    void nobodyIsDeclaredDeadUnderTwentyPercentLoss() {
        for (final int nodes : new int[] {3, 5, 10}) {
            final Simulation simulation = new Simulation(SimulationConfig.calm(77, nodes)
                    .withNetwork(NetworkFaults.lossy(0.20))
                    .lasting(600 * SECOND));
            assertThat(simulation.run().falseDeaths()).isZero();
        }
    }

    @Test
    void nobodyIsDeclaredDeadWhenOnlyStreamsWork() {
        final Simulation simulation = new Simulation(SimulationConfig.calm(78, 5)
                .withNetwork(NetworkFaults.lossy(1.0))
                .lasting(60 * SECOND));
        assertThat(simulation.run().falseDeaths()).isZero();
    }

    @Test
    void nobodyIsDeclaredDeadForShortPauses() {
        for (long seed = 1; seed <= 10; seed++) {
            final Simulation simulation = new Simulation(SimulationConfig.calm(seed, 3));
            simulation.startAll();
            simulation.converge();
            for (int i = 0; i < 10; i++) {
                final VirtualNode paused = simulation.node(i % 3);
                paused.pause();
                simulation.runFor(2 * SECOND - 100 * MILLI);
                paused.resume();
                simulation.runFor(3 * SECOND);
            }
            assertThat(simulation.detection().falseDeaths()).isZero();
        }
    }

    /** Round robin: at worst 2N - 3 other probes first; then the failed probe's interval, the suspicion, the news. */
    private static long boundNanos(final int nodes) {
        return (2L * nodes - 2) * SWIM.probeIntervalNanos() + DetectionMeter.suspicionMaxNanos(SWIM, nodes) + SECOND;
    }

    private static List<Long> crashes(final int nodes, final int seeds) {
        final List<Long> all = new ArrayList<>();
        for (long seed = 1; seed <= seeds; seed++) {
            all.addAll(crash(SimulationConfig.calm(seed, nodes)));
        }
        return all;
    }

    private static List<Long> crash(final SimulationConfig config) {
        final Simulation simulation = new Simulation(config);
        simulation.startAll();
        simulation.runUntil("all meet", 20 * SECOND, () -> simulation.disagreement() == null);
        simulation.runFor(2 * SECOND + config.seed() * 37 * MILLI);
        simulation.node((int) (config.seed() % config.nodes())).crash();
        simulation.runUntil(
                "noticed", 120 * SECOND, () -> !simulation.detection().isPending());
        return simulation.detection().allNanos();
    }
}
