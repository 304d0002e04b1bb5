package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The checkers bite: each protocol bug built in here is found, and the failure names what broke. */
class MutationSimTest {
    private static final String ID = "inst-0";

    @Test
    void chunkMarkedLastTooEarlyIsFound() {
        final Simulation simulation = busy(1);
        simulation
                .network()
                .tamper((from, to, message) -> changedLog(message, log -> {
                    if (!(log instanceof LogMessage.SyncChunk chunk) || chunk.last()) {
                        return log;
                    }
                    final List<Digest.Head> heads =
                            nodeAt(simulation, from).core().digest().heads();
                    return new LogMessage.SyncChunk(chunk.session(), chunk.index(), true, chunk.entries(), heads);
                }));
        fails(simulation::run, "is ahead, lacks");
    }

    @Test
    void pushThatLeavesOutAnEntryIsFound() {
        final Simulation simulation = busy(2);
        simulation
                .network()
                .tamper((from, to, message) -> changedLog(message, log -> {
                    if (!(log instanceof LogMessage.Push push) || push.entries().size() < 2) {
                        return log;
                    }
                    final List<LogEntry> fewer =
                            push.entries().subList(1, push.entries().size());
                    return new LogMessage.Push(push.origin(), push.base(), push.head(), push.gcVersion(), fewer);
                }));
        fails(simulation::run, "is ahead, lacks");
    }

    @Test
    void oldPushDeliveredAsIfNewIsFound() {
        final Simulation simulation = busy(3);
        final List<LogEntry> old = new ArrayList<>();
        simulation
                .network()
                .tamper((from, to, message) -> changedLog(message, log -> {
                    if (!(log instanceof LogMessage.Push push)) {
                        return log;
                    }
                    old.addAll(push.entries());
                    final Part stale = old.get(0).part();
                    final List<LogEntry> renumbered = new ArrayList<>();
                    push.entries()
                            .forEach(entry -> renumbered.add(new LogEntry(
                                    entry.origin(),
                                    entry.version(),
                                    entry.stamp(),
                                    "renamed-" + entry.instanceId(),
                                    stale)));
                    return new LogMessage.Push(push.origin(), push.base(), push.head(), push.gcVersion(), renumbered);
                }));
        fails(simulation::run, "one version, two contents");
    }

    @Test
    void pushThatClaimsALaterHeadIsFound() {
        final Simulation simulation = busy(4);
        simulation
                .network()
                .tamper((from, to, message) -> changedLog(message, log -> {
                    if (!(log instanceof LogMessage.SyncChunk chunk) || !chunk.last()) {
                        return log;
                    }
                    final List<Digest.Head> heads = new ArrayList<>();
                    chunk.heads()
                            .forEach(head -> heads.add(new Digest.Head(
                                    head.origin(), head.maxVersion() + 100, head.gcVersion(), head.setHash())));
                    return new LogMessage.SyncChunk(chunk.session(), chunk.index(), true, chunk.entries(), heads);
                }));
        fails(simulation::run, "durable is");
    }

    @Test
    void incarnationRaisedByAnotherIsFound() {
        final Simulation simulation = busy(5);
        simulation
                .network()
                .tamper((from, to, message) -> List.of(withRumors(
                        message,
                        rumor -> rumor.endpoint().equals(from)
                                        || rumor.endpoint().equals(to)
                                ? rumor
                                : rumor.with(rumor.incarnation().next(), rumor.state()))));
        fails(simulation::run, "incarnation that its owner never had");
    }

    @Test
    void verdictOnAnEarlierIncarnationIsFound() {
        final Simulation simulation = busy(12);
        simulation.startAll();
        final VirtualNode node = simulation.node(0);
        final Member refuted = simulation.node(1).core().self().with(new Incarnation(2), MemberState.ALIVE);
        final NodeObserver checker = simulation.safety();
        checker.memberChanged(node, refuted, refuted.withState(MemberState.SUSPECT));
        for (final MemberState verdict : List.of(MemberState.SUSPECT, MemberState.DEAD)) {
            assertThatThrownBy(() -> checker.memberChanged(node, refuted, refuted.with(new Incarnation(1), verdict)))
                    .hasMessageContaining("believes an earlier incarnation");
        }
    }

    @Test
    void pushBeforeTheDiskHasItIsFound() {
        final Simulation simulation = busy(6);
        simulation.startAll();
        simulation.runFor(SECOND);
        final VirtualNode hasty = simulation.node(0);
        simulation.events().after(SECOND, () -> {
            final long version = hasty.write(ID, new Part.Tombstone());
            hasty.command((now, out) -> hasty.core().committed(version, now, out));
        });
        fails(() -> simulation.runFor(2 * SECOND), "durable is");
    }

    @Test
    void diskThatOnlySaysThatItSyncedIsFound() {
        final Simulation simulation = new Simulation(
                SimulationConfig.chaos(7, 3).withNetwork(NetworkFaults.NONE).withFaults(FaultPlan.Kinds.NONE));
        simulation.startAll();
        simulation.converge();
        final VirtualNode liar = simulation.node(0);
        liar.disk().lie();
        assertThatThrownBy(() -> {
                    for (int round = 0; round < 20; round++) {
                        liar.write(ID, Workload.registration(ID, round));
                        simulation.runFor(SECOND);
                        liar.crash();
                        simulation.start(liar);
                    }
                })
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("one version, two contents");
    }

    @Test
    void nodeThatHearsNothingOfInstancesIsFound() {
        final Simulation simulation = busy(8);
        final Endpoint deaf = simulation.node(2).endpoint();
        simulation
                .network()
                .tamper((from, to, message) ->
                        to.equals(deaf) && message.type() == GossipMessage.Type.LOG ? List.of() : List.of(message));
        fails(simulation::run, "no agreement within");
    }

    @Test
    void livingNodeDeclaredDeadIsFound() {
        final Simulation simulation = busy(9);
        final Endpoint silenced = simulation.node(2).endpoint();
        simulation
                .network()
                .tamper((from, to, message) ->
                        from.equals(silenced) && simulation.events().nowNanos() > 15 * SECOND
                                ? List.of()
                                : List.of(message));
        fails(simulation::run, "dead, which is well and connected");
    }

    @Test
    void resurrectionIsFound() {
        final Simulation simulation = busy(10);
        simulation.startAll();
        final VirtualNode node = simulation.node(0);
        final Part declared = Workload.registration(ID, 1);
        final LogEntry old = new LogEntry(node.origin(), 1, Stamp.ofMillis(1), ID, declared);
        final LogEntry tombstone = new LogEntry(node.origin(), 2, Stamp.ofMillis(2), ID, new Part.Tombstone());
        final NodeObserver checker = simulation.safety();
        checker.persisting(node, new LogBatch(List.of(tombstone), List.of(), List.of(), false), 2);
        assertThatThrownBy(() -> checker.persisting(node, new LogBatch(List.of(old), List.of(), List.of(), false), 0))
                .hasMessageContaining("resurrects");
    }

    @Test
    void vectorThatGoesBackIsFound() {
        final Simulation simulation = busy(11);
        simulation.startAll();
        final VirtualNode node = simulation.node(0);
        final NodeObserver checker = simulation.safety();
        checker.persisting(node, headOnly(simulation, 9), 0);
        assertThatThrownBy(() -> checker.persisting(node, headOnly(simulation, 8), 0))
                .hasMessageContaining("went back from 9 to 8");
    }

    private static LogBatch headOnly(final Simulation simulation, final long version) {
        final Digest.Head head = new Digest.Head(simulation.node(1).origin(), version, 0, 0);
        return new LogBatch(List.of(), List.of(), List.of(head), false);
    }

    /** Crashes, so that there are syncs; small batches, so that these have several chunks; writes for long pushes. */
    private static Simulation busy(final long seed) {
        return new Simulation(SimulationConfig.chaos(seed, 3)
                .withNetwork(NetworkFaults.NONE)
                .withFaults(FaultPlan.Kinds.CRASHES)
                .withDirect(3)
                .withWrites(2 * MILLI));
    }

    private static void fails(final ThrowingCallable run, final String with) {
        assertThatThrownBy(run).isInstanceOf(SimulationFailure.class).hasMessageContaining(with);
    }

    private static VirtualNode nodeAt(final Simulation simulation, final Endpoint endpoint) {
        return simulation.nodes().stream()
                .filter(node -> node.endpoint().equals(endpoint))
                .findFirst()
                .orElseThrow();
    }

    private static List<GossipMessage> changedLog(
            final GossipMessage message, final Function<LogMessage, LogMessage> change) {
        return message instanceof GossipMessage.Log log
                ? List.of(new GossipMessage.Log(log.from(), change.apply(log.message())))
                : List.of(message);
    }

    private static GossipMessage withRumors(final GossipMessage message, final UnaryOperator<Member> change) {
        if (!(message instanceof GossipMessage.Swim swim) || !(swim.message() instanceof SwimMessage.JoinReply reply)) {
            return message;
        }
        final List<Member> rumors = reply.rumors().stream().map(change).toList();
        return new GossipMessage.Swim(
                swim.from(),
                swim.digestHash(),
                swim.acked(),
                swim.watermark(),
                swim.wallMillis(),
                new SwimMessage.JoinReply(rumors));
    }
}
