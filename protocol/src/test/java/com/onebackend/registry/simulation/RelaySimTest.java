package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.replication.LogMessage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Changes and reports where not everybody is sent to directly: fast, once, and whatever breaks. */
class RelaySimTest {
    /** One cluster of a hundred for several stories: to bring it up is the dear part. */
    @Test
    void hundredNodesShowEveryChangeAtOnceAndInOneCopy() {
        final RelayMeter meter = new RelayMeter(SimulationConfig.calm(1, 100));
        meter.settle(false);
        final RelayMeter.Figures calm = meter.measure(20 * MILLI, 4 * SECOND);
        assertThat(calm.changeNanos()).hasSizeGreaterThan(100);
        assertThat(calm.p99Millis()).isLessThan(50);
        assertThat(calm.copiesPerNode()).isLessThan(1.01);

        // One whom many others' changes go through is gone, and nobody knows it yet.
        meter.simulation()
                .events()
                .after(SECOND, () -> meter.simulation().node(50).crash());
        final RelayMeter.Figures crash = meter.measure(20 * MILLI, 6 * SECOND);
        assertThat(crash.changeNanos()).hasSizeGreaterThan(100);
        assertThat(crash.p99Millis()).isLessThan(2_000);
        assertThat(crash.copiesPerNode()).isLessThan(1.1);

        meter.simulation().network().faults(NetworkFaults.lossy(0.2).withStreamBreak(0.005));
        final RelayMeter.Figures lossy = meter.measure(20 * MILLI, 4 * SECOND);
        assertThat(lossy.changeNanos()).hasSizeGreaterThan(100);
        assertThat(lossy.p99Millis()).isLessThan(1_000);
        assertThat(lossy.copiesPerNode()).isLessThan(1.1);
    }

    @Test
    void thirtyNodesShowEveryChangeWithin200MillisThoughStreamsBreak() {
        final RelayMeter meter = new RelayMeter(SimulationConfig.calm(2, 30));
        meter.settle(false);
        meter.simulation().network().faults(NetworkFaults.lossy(0.2).withStreamBreak(0.02));
        final RelayMeter.Figures lossy = meter.measure(20 * MILLI, 10 * SECOND);
        assertThat(lossy.changeNanos()).hasSizeGreaterThan(300);
        assertThat(lossy.p99Millis()).isLessThan(200);
    }

    /** A kilobyte per second of messages, as they are encoded: before sealing, frames, TLS and IP. */
    @Test
    void hundredIdleNodesSendLessThanAKilobyteEachAndHoldAllReports() {
        final RelayMeter meter = new RelayMeter(SimulationConfig.calm(3, 100));
        final Map<Endpoint, Set<String>> held = new TreeMap<>(RelaySimTest::compare);
        meter.simulation().network().tamper((from, to, message) -> {
            authors(message)
                    .forEach(author ->
                            held.computeIfAbsent(to, key -> new TreeSet<>()).add(author));
            return List.of(message);
        });
        meter.settle(true);
        assertThat(meter.measure(0, 45 * SECOND).bytesPerNodeSecond()).isLessThan(1_000);
        assertThat(held).hasSize(100);
        assertThat(held.values()).allMatch(authors -> authors.size() >= 99);
    }

    @Test
    void nodeThatJoinsManyGetsTheirReportsFromOneOfThem() {
        final SimulationConfig config = SimulationConfig.calm(4, 20).withDirect(5);
        final RelayMeter meter = new RelayMeter(config);
        final VirtualNode late = meter.simulation().node(19);
        meter.settle(true);
        late.crash();
        meter.simulation().runFor(10 * SECOND);
        final Set<String> authors = new TreeSet<>();
        final int[] answers = new int[1];
        meter.simulation().network().tamper((from, to, message) -> {
            if (to.equals(late.endpoint()) && message.type() == GossipMessage.Type.REPORT_BATCH) {
                answers[0]++;
                authors.addAll(authors(message));
            }
            return List.of(message);
        });
        meter.simulation().start(late);
        meter.simulation().runFor(3 * SECOND);
        assertThat(answers[0]).isEqualTo(1);
        assertThat(authors).hasSizeGreaterThanOrEqualTo(19);
    }

    /** Two more than are sent to directly come and go, again and again, while all write. */
    @Test
    void crossingTheNumberOfDirectMembersLosesNothing() {
        for (long seed = 1; seed <= 2; seed++) {
            final Simulation simulation = new Simulation(
                    SimulationConfig.calm(seed, 12).withDirect(10).withWrites(10 * MILLI));
            for (int i = 0; i < 10; i++) {
                simulation.start(simulation.node(i));
            }
            simulation.converge();
            simulation.workload().start();
            for (int round = 0; round < 4; round++) {
                simulation.runFor(2 * SECOND);
                simulation.start(simulation.node(10));
                simulation.start(simulation.node(11));
                simulation.runFor(3 * SECOND);
                simulation.node(10).leave();
                simulation.node(11).crash();
                simulation.runFor(4 * SECOND);
            }
            simulation.workload().stop();
            simulation.heal();
            simulation.converge();
            assertThat(simulation.nodes())
                    .allMatch(node ->
                            node.core().members().stream().allMatch(member -> member.state() == MemberState.ALIVE));
        }
    }

    @Test
    void lostPushesComeAgainWithoutAnySync() {
        final Simulation simulation = brokenStreamsWithoutSyncs(1, log -> false);
        assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
        final long grafted = simulation.nodes().stream()
                .mapToLong(node -> node.core().counters().snapshot().grafted())
                .sum();
        assertThat(grafted).isPositive();
        assertThat(simulation.nodes()).allMatch(node -> node.core().syncsCompleted() < 30);
    }

    @Test
    void relayThatNeverGraftsIsFound() {
        final Simulation simulation = brokenStreamsWithoutSyncs(1, log -> log.type() == LogMessage.Type.GRAFT);
        assertThatThrownBy(simulation::converge)
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("no agreement within");
    }

    @Test
    void relayThatAppliesOutOfOrderIsFound() {
        final Simulation simulation =
                new Simulation(SimulationConfig.calm(5, 12).withDirect(4).withWrites(2 * MILLI));
        simulation.startAll();
        simulation.converge();
        simulation.network().tamper((from, to, message) -> {
            if (!(message instanceof GossipMessage.Relayed relayed)
                    || !(relayed.body() instanceof GossipMessage.Log log)
                    || !(log.message() instanceof LogMessage.Push push)) {
                return List.of(message);
            }
            // Every seventh is lost, and the one after it does not say that it follows.
            if (push.head() % 7 == 0) {
                return List.of();
            }
            final LogMessage anywhere =
                    new LogMessage.Push(push.origin(), 0, push.head(), push.gcVersion(), push.entries());
            return List.of(new GossipMessage.Relayed(
                    relayed.from(), relayed.until(), new GossipMessage.Log(log.from(), anywhere)));
        });
        simulation.workload().start();
        assertThatThrownBy(() -> simulation.runFor(5 * SECOND))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("is ahead, lacks");
    }

    /** Twenty nodes that hand on from the fifth, at the moment when the last write was made. */
    private static Simulation brokenStreamsWithoutSyncs(final long seed, final Predicate<LogMessage> isLost) {
        final Simulation simulation =
                new Simulation(SimulationConfig.calm(seed, 20).withDirect(4).withWrites(10 * MILLI));
        simulation.startAll();
        simulation.converge();
        simulation.network().faults(NetworkFaults.NONE.withStreamBreak(0.05));
        simulation
                .network()
                .tamper((from, to, message) -> message instanceof GossipMessage.Log log
                                && (log.message().type() == LogMessage.Type.SYNC_PROBE || isLost.test(log.message()))
                        ? List.of()
                        : List.of(message));
        simulation.workload().start();
        simulation.runFor(10 * SECOND);
        simulation.workload().stop();
        simulation.network().faults(NetworkFaults.NONE);
        return simulation;
    }

    private static Set<String> authors(final GossipMessage message) {
        final Set<String> authors = new TreeSet<>();
        if (message instanceof GossipMessage.Relayed relayed && relayed.body() instanceof GossipMessage.Report report) {
            authors.add(report.report().from().nodeId());
        } else if (message instanceof GossipMessage.ReportBatch batch) {
            batch.reports().forEach(report -> authors.add(report.from().nodeId()));
        }
        return authors;
    }

    private static int compare(final Endpoint a, final Endpoint b) {
        return a.toString().compareTo(b.toString());
    }
}
