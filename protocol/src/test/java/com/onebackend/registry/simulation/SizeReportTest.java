package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SizeReportTest {
    private static final SizePlan SMALL = new SizePlan(5, 3, 10, 5, 20 * SECOND);

    @Test
    void sameSeedGivesTheSameRow() {
        assertThat(run(3)).isEqualTo(run(3)).isNotEqualTo(run(4));
    }

    @Test
    void rowHasOneFigurePerSample() {
        final SizeRow row = run(1);
        assertThat(row.all()).hasSize(3);
        assertThat(row.first())
                .hasSize(3)
                .allSatisfy(
                        nanos -> assertThat(nanos).isLessThanOrEqualTo(row.all().get(0) * 3));
        assertThat(row.changes()).hasSize(10);
        assertThat(row.lossyChanges()).hasSize(10);
        assertThat(row.lossVerdicts()).isZero();
        assertThat(row.pauseVerdicts()).isZero();
        assertThat(row.idleWireBytes()).isGreaterThan(row.idleBytes());
        assertThat(row.cells()).hasSameSizeAs(SizeRow.HEADINGS);
    }

    @Test
    void idleNodeSendsItsReportsToo() {
        final VirtualNetwork.Counters quiet =
                idleCounters(SimulationConfig.calm(1, 5).membershipOnly());
        final VirtualNetwork.Counters usual = idleCounters(SimulationConfig.calm(1, 5));
        // Five nodes tell four others every fifteen seconds.
        assertThat(usual.streamed - quiet.streamed).isGreaterThanOrEqualTo(4 * 5 * 4);
    }

    @Test
    void membershipAloneFindsAndLosesMembers() {
        final Simulation simulation =
                new Simulation(SimulationConfig.calm(1, 10).membershipOnly());
        simulation.startAll();
        simulation.converge();
        simulation.node(3).crash();
        simulation.runUntil(
                "noticed", 30 * SECOND, () -> !simulation.detection().isPending());
        assertThat(simulation.detection().allNanos()).hasSize(1);
        assertThat(simulation.node(0).core().syncsCompleted()).isZero();
    }

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        final String table = SizeReport.table(List.of("N", "long heading"), List.of(List.of("1,000", "x")));
        assertThat(table).isEqualTo("""
                        | N     | long heading |
                        | ----- | ------------ |
                        | 1,000 | x            |
                        """);
    }

    private static SizeRow run(final long seed) {
        return new SizeRun(SMALL, seed, false, step -> {}).measure();
    }

    private static VirtualNetwork.Counters idleCounters(final SimulationConfig config) {
        final Simulation simulation = new Simulation(config);
        simulation.startAll();
        simulation.runFor(75 * SECOND);
        return simulation.network().counters();
    }
}
