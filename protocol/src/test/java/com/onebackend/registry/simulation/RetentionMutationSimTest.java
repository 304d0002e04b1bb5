package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The checkers bite: each way to let go of a tombstone, or of the past, too early is found. */
class RetentionMutationSimTest {
    private static final String ID = "inst-0";
    private static final Part TOMBSTONE = new Part.Tombstone();

    @Test
    void tombstoneCollectedByAgeAloneIsFound() {
        final Simulation simulation = started(1, 3_600);
        final VirtualNode hasty = simulation.node(0);
        simulation.node(2).crash();
        hasty.write(ID, TOMBSTONE);
        fails(
                () -> {
                    for (int i = 0; i < 200; i++) {
                        hasty.command((now, out) ->
                                hasty.core().catalogMembers(Map.of(hasty.toString(), hasty.origin()), now, out));
                        simulation.runFor(SECOND / 10);
                    }
                },
                "what is not on the disks of [n3]");
    }

    @Test
    void acknowledgementOfWhatIsNotOnDiskIsFound() {
        final Simulation simulation = started(2, 3_600);
        final VirtualNode hasty = simulation.node(2);
        hasty.disk().stall();
        simulation
                .network()
                .tamper((from, to, message) -> !from.equals(hasty.endpoint())
                                || !(message instanceof GossipMessage.Swim swim)
                                || swim.acked().version() == 0
                        ? List.of(message)
                        : List.of(new GossipMessage.Swim(
                                swim.from(),
                                swim.digestHash(),
                                new GossipMessage.Acked(
                                        swim.acked().origin(),
                                        hasty.disk()
                                                .written()
                                                .maxVersion(swim.acked().origin())),
                                swim.watermark(),
                                swim.wallMillis(),
                                swim.message())));
        simulation.node(0).write(ID, TOMBSTONE);
        fails(() -> simulation.runFor(30 * SECOND), "what is not on the disks of [n3]");
    }

    /** As if it had dropped and loaded only the log with the tombstone: the record is in another, which never moved. */
    @Test
    void resetOfOneLogAloneIsFound() {
        final Simulation simulation = started(3, 30);
        final VirtualNode returning = simulation.node(2);
        returning.crash();
        register(simulation.node(1), ID);
        simulation.runFor(SECOND);
        final long version = simulation.node(1).write(ID, TOMBSTONE);
        awaitCollected(simulation);
        final Digest.Head loaded = new Digest.Head(simulation.node(1).origin(), version, version, 0);
        returning.disk().append(new LogBatch(List.of(), List.of(), List.of(loaded), false), 0);
        simulation.start(returning);
        fails(
                () -> {
                    simulation.converge();
                    simulation.runFor(30 * SECOND);
                },
                "resurrects");
    }

    @Test
    void resetThatKeepsAnOldOwnRecordIsFound() {
        final Simulation simulation = started(4, 30);
        register(simulation.node(2), ID);
        simulation.runFor(SECOND);
        final VirtualNode returning = simulation.node(2);
        final LogEntry old = returning.disk().written().entries().values().stream()
                .filter(entry -> entry.instanceId().equals(ID) && entry.origin().equals(returning.origin()))
                .findFirst()
                .orElseThrow();
        returning.crash();
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation);
        simulation.network().tamper((from, to, message) -> {
            if (!from.equals(returning.endpoint()) || !(message instanceof GossipMessage.Log log)) {
                return List.of(message);
            }
            if (log.message() instanceof LogMessage.SyncStatus status) {
                final LogMessage asked =
                        new LogMessage.SyncStatus(status.session(), LogMessage.SyncStatus.Kind.DIFFERS, false);
                return List.of(new GossipMessage.Log(log.from(), asked));
            }
            return log.message() instanceof LogMessage.SyncChunk chunk && !chunk.reset()
                    ? List.of(new GossipMessage.Log(log.from(), withEntry(chunk, old)))
                    : List.of(message);
        });
        simulation.start(returning);
        fails(
                () -> {
                    simulation.converge();
                    simulation.runFor(30 * SECOND);
                },
                "resurrects");
    }

    @Test
    void resetThatDropsAYoungOwnWriteIsFound() {
        final Simulation simulation = started(7, 30);
        final VirtualNode node = simulation.node(0);
        register(node, "young");
        simulation.runFor(SECOND);
        final NodeObserver ledger = simulation.ledger();
        final LogBatch nothingLeft = new LogBatch(List.of(), List.of(), List.of(), true);
        assertThatThrownBy(() -> ledger.persisting(node, nothingLeft, 0))
                .hasMessageContaining("a reset drops what it just wrote")
                .hasMessageContaining("young");
        // With tombstones of six seconds it is old after three.
        simulation.runFor(3 * SECOND);
        ledger.persisting(node, nothingLeft, 0);
    }

    @Test
    void vectorThatAdvancesBeforeAResetHasLoadedEverythingIsFound() {
        final Simulation simulation = new Simulation(SimulationConfig.forgetful(5, 3)
                .withFaults(FaultPlan.Kinds.NONE)
                .withNetwork(NetworkFaults.NONE)
                .withRetention(SimulationConfig.retention(6 * SECOND, 30 * SECOND)));
        simulation.startAll();
        simulation.converge();
        for (int i = 0; i < 100; i++) {
            register(simulation.node(i % 3), "inst-" + i);
        }
        simulation.runFor(2 * SECOND);
        simulation.node(2).crash();
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation);
        simulation.network().tamper((from, to, message) -> {
            if (!(message instanceof GossipMessage.Log log)
                    || !(log.message() instanceof LogMessage.SyncChunk chunk)
                    || chunk.last()) {
                return List.of(message);
            }
            final List<Digest.Head> heads =
                    nodeAt(simulation, from).core().digest().heads();
            return List.of(new GossipMessage.Log(
                    log.from(),
                    new LogMessage.SyncChunk(chunk.session(), chunk.index(), true, chunk.entries(), heads)));
        });
        simulation.start(simulation.node(2));
        fails(simulation::converge, "is ahead, lacks");
    }

    @Test
    void vectorThatGoesBackWithoutAResetIsFound() {
        final Simulation simulation = started(6, 30);
        final VirtualNode node = simulation.node(0);
        final Origin other = simulation.node(1).origin();
        final NodeObserver checker = simulation.safety();
        checker.persisting(node, headOnly(other, 900), 0);
        assertThatThrownBy(() -> checker.persisting(node, headOnly(other, 8), 0))
                .hasMessageContaining("went back from 900 to 8");
    }

    private static LogBatch headOnly(final Origin origin, final long version) {
        return new LogBatch(List.of(), List.of(), List.of(new Digest.Head(origin, version, 0, 0)), false);
    }

    private static LogMessage.SyncChunk withEntry(final LogMessage.SyncChunk chunk, final LogEntry entry) {
        final List<LogEntry> entries = new ArrayList<>(chunk.entries());
        entries.add(entry);
        return new LogMessage.SyncChunk(chunk.session(), chunk.index(), chunk.last(), entries, chunk.heads());
    }

    private static VirtualNode nodeAt(final Simulation simulation, final Endpoint endpoint) {
        return simulation.nodes().stream()
                .filter(node -> node.endpoint().equals(endpoint))
                .findFirst()
                .orElseThrow();
    }

    private static void awaitCollected(final Simulation simulation) {
        simulation.runUntil(
                "collected past who is away",
                120 * SECOND,
                () -> simulation.sum(GossipCounters.Retained::tombstonesCollected) == 2
                        && simulation.sum(GossipCounters.Retained::tombstones) == 0);
        assertThat(simulation.node(0).instance(ID)).isNull();
    }

    /** Three nodes with one instance that all of them know. */
    private static Simulation started(final long seed, final long horizonSeconds) {
        final Simulation simulation = new Simulation(SimulationConfig.calm(seed, 3)
                .withRetention(SimulationConfig.retention(6 * SECOND, horizonSeconds * SECOND)));
        simulation.startAll();
        simulation.converge();
        register(simulation.node(0), ID);
        simulation.runFor(2 * SECOND);
        return simulation;
    }

    private static void register(final VirtualNode node, final String instanceId) {
        node.write(instanceId, Workload.registration(instanceId, 1));
    }

    private static void fails(final ThrowingCallable run, final String with) {
        assertThatThrownBy(run).isInstanceOf(SimulationFailure.class).hasMessageContaining(with);
    }
}
