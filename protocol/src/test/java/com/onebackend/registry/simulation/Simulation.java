package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * A cluster of gossip cores in one thread under virtual time: the same seed gives the same run, event by event.
 *
 * <p>{@link #run} is the whole story of a seed: start, faults, heal, converge. Scenario tests call the single steps.
 */
final class Simulation {
    private static final int SEED_NODES = 3;
    private static final long CONVERGENCE_LOOK_NANOS = SECOND / 5;

    /** A look at everything that N nodes believe of N nodes is dear: bigger clusters are looked at less often. */
    private static final long CONVERGENCE_LOOK_NANOS_PER_NODE = MILLI;

    private static final long STABLE_NANOS = 10 * SECOND;
    private static final long CATALOG_NANOS = 5 * SECOND;
    private static final long HOUR_NANOS = 3_600 * SECOND;

    private final SimulationConfig config;
    private final EventQueue events = new EventQueue();
    private final Trace trace;
    private final VirtualNetwork network;
    private final List<VirtualNode> nodes = new ArrayList<>();
    private final SafetyChecker safety;
    private final WriteLedger ledger;
    private final DetectionMeter detection;
    private final ChangeMeter changes = new ChangeMeter(events, nodes);
    private final Workload workload;
    private final FaultPlan faults;
    /** The catalog's nodes; every running node hears of them now and then. */
    private final Map<String, Origin> catalog = new TreeMap<>();
    /** Those the catalog has removed. */
    private final List<MemberId> removed = new ArrayList<>();

    private long convergedInNanos;

    Simulation(final SimulationConfig config) {
        this.config = config;
        final Seeds seeds = new Seeds(config.seed());
        this.trace = new Trace(config.listener());
        this.network = new VirtualNetwork(events, trace, seeds.forPurpose("network"));
        this.network.faults(config.network());
        this.safety = new SafetyChecker(
                config.gossip(),
                config.nodes(),
                !config.faults().wipes()
                        && config.gossip().replica().retention().horizonNanos() >= HOUR_NANOS);
        // As the core has it: own writes of the last half of a tombstone's time outlive a reset.
        this.ledger = new WriteLedger(
                events, nodes, config.gossip().replica().retention().tombstoneMinNanos() / 2);
        this.network.carriesLogs(!config.isMembershipOnly());
        this.detection = new DetectionMeter(config, events, network, nodes);
        final List<NodeObserver> observers =
                config.isMembershipOnly() ? List.of(safety, detection) : List.of(safety, ledger, detection, changes);
        final VirtualNode.World world = new VirtualNode.World(
                events, network, trace, seeds, config.gossip(), !config.isMembershipOnly(), new Observers(observers));
        for (int i = 0; i < config.nodes(); i++) {
            nodes.add(new VirtualNode(i, config.skewMillisMax(), world));
        }
        this.workload =
                new Workload(events, seeds.forPurpose("workload"), nodes, config.keys(), config.writeMeanNanos());
        this.faults = new FaultPlan(this, config.faults(), seeds.forPurpose("faults"));
        scheduleCatalog();
    }

    private void scheduleCatalog() {
        events.after(CATALOG_NANOS, () -> {
            nodes(Phase.RUNNING).forEach(this::tellCatalog);
            scheduleCatalog();
        });
    }

    private void tellCatalog(final VirtualNode node) {
        // A cluster that is about to get all its nodes: nobody collects before the last one is known.
        if (catalog.size() + removed.size() >= config.nodes()) {
            node.command((now, out) -> node.core().catalogMembers(catalog, now, out));
        }
    }

    /** Start, faults and writes, heal, converge, stay converged. */
    Summary run() {
        return guarded(() -> {
            startAll();
            if (config.writeMeanNanos() > 0) {
                workload.start();
            }
            faults.start();
            events.runUntil(events.nowNanos() + config.faultNanos());
            workload.stop();
            faults.stop();
            heal();
            converge();
            events.runUntil(events.nowNanos() + STABLE_NANOS);
            requireAgreement();
            return summary();
        });
    }

    /** Every node starts at once. */
    void startAll() {
        nodes.forEach(this::start);
    }

    void start(final VirtualNode node) {
        final List<Endpoint> seeds = new ArrayList<>();
        for (int i = 0; i < Math.min(SEED_NODES, nodes.size()); i++) {
            if (i != node.index()) {
                seeds.add(nodes.get(i).endpoint());
            }
        }
        node.start(seeds);
        catalog.put(VirtualNode.nodeIdOf(node.index()), node.origin());
        removed.forEach(gone -> forget(node, gone));
        tellCatalog(node);
    }

    /** The catalog removes a node that is down and does not come back. */
    void remove(final VirtualNode node) {
        final MemberId gone = node.core().self().id();
        catalog.remove(gone.nodeId());
        removed.add(gone);
        ledger.removed(gone.origin());
        nodes(Phase.RUNNING).forEach(other -> {
            forget(other, gone);
            tellCatalog(other);
        });
    }

    private static void forget(final VirtualNode node, final MemberId gone) {
        node.command((now, out) -> node.core().forget(gone.nodeId(), gone.origin(), gone.generation(), now, out));
    }

    void runFor(final long nanos) {
        guarded(() -> {
            events.runUntil(events.nowNanos() + nanos);
            return null;
        });
    }

    /** Runs until it holds, and fails when it does not within the bound. Returns how long it took. */
    long runUntil(final String what, final long boundNanos, final Supplier<Boolean> condition) {
        return runUntil(what, boundNanos, SECOND / 100, condition);
    }

    /** The same for a condition that is dear to look at. */
    long runUntil(final String what, final long boundNanos, final long lookNanos, final Supplier<Boolean> condition) {
        return guarded(() -> {
            final long start = events.nowNanos();
            while (!condition.get()) {
                if (events.nowNanos() - start >= boundNanos) {
                    throw new AssertionError("not within " + boundNanos / 1e9 + " s: " + what);
                }
                events.runUntil(events.nowNanos() + lookNanos);
            }
            return events.nowNanos() - start;
        });
    }

    /** Cuts between {@code side} and the rest; one way only means that nothing leaves {@code side}. */
    void partition(final Set<VirtualNode> side, final boolean isOneWay) {
        final Set<Endpoint> inside =
                Set.copyOf(side.stream().map(VirtualNode::endpoint).toList());
        trace.add(events.nowNanos(), isOneWay ? "cut" : "partition", side.size(), "", side.size());
        network.block(
                (from, to) -> inside.contains(from) != inside.contains(to) && (!isOneWay || inside.contains(from)));
    }

    /** Ends every fault and starts whoever is down. */
    void heal() {
        trace.add(events.nowNanos(), "heal", "", "", 0);
        network.faults(NetworkFaults.NONE);
        network.unblock();
        nodes(Phase.PAUSED).forEach(VirtualNode::resume);
        nodes(Phase.DOWN).forEach(this::start);
    }

    /** Runs until all agree. Returns how long it took. */
    long converge() {
        return guarded(() -> {
            final long start = events.nowNanos();
            while (disagreement() != null) {
                if (events.nowNanos() - start > convergenceBoundNanos()) {
                    requireAgreement();
                }
                events.runUntil(events.nowNanos()
                        + Math.max(CONVERGENCE_LOOK_NANOS, nodes.size() * CONVERGENCE_LOOK_NANOS_PER_NODE));
            }
            convergedInNanos = events.nowNanos() - start;
            requireAgreement();
            return convergedInNanos;
        });
    }

    /** A problem, or null: all running nodes have the same members and, unless left out, digests and instances. */
    String disagreement() {
        final List<VirtualNode> running = nodes(Phase.RUNNING);
        return config.isMembershipOnly()
                ? Agreement.membersProblem(running)
                : Agreement.problem(running, workload.instanceIds());
    }

    Summary summary() {
        return Summary.of(this);
    }

    SimulationConfig config() {
        return config;
    }

    EventQueue events() {
        return events;
    }

    Trace trace() {
        return trace;
    }

    VirtualNetwork network() {
        return network;
    }

    DetectionMeter detection() {
        return detection;
    }

    ChangeMeter changes() {
        return changes;
    }

    SafetyChecker safety() {
        return safety;
    }

    WriteLedger ledger() {
        return ledger;
    }

    Workload workload() {
        return workload;
    }

    long convergedInNanos() {
        return convergedInNanos;
    }

    VirtualNode node(final int index) {
        return nodes.get(index);
    }

    List<VirtualNode> nodes() {
        return nodes;
    }

    List<VirtualNode> nodes(final Phase phase) {
        return nodes.stream().filter(node -> node.phase() == phase).toList();
    }

    /**
     * After the last fault: the dead and lost are tried at their interval, suspicions raised during the faults run out
     * or are refuted, and then syncs that met a dead end are given up and started anew.
     */
    long convergenceBoundNanos() {
        final GossipConfig gossip = config.gossip();
        return 2 * gossip.membership().deadProbeIntervalNanos()
                + DetectionMeter.suspicionMaxNanos(gossip.membership(), config.nodes())
                + 2 * gossip.sessionTimeoutNanos()
                + 3 * gossip.syncIntervalNanos();
    }

    /** A figure summed over the running nodes. */
    long sum(final ToLongFunction<GossipCounters.Retained> figure) {
        return nodes(Phase.RUNNING).stream()
                .mapToLong(node ->
                        figure.applyAsLong(node.core().counters().snapshot().retained()))
                .sum();
    }

    private void requireAgreement() {
        final String problem = disagreement();
        if (problem != null) {
            throw new AssertionError("no agreement within " + convergenceBoundNanos() / 1e9 + " s: " + problem);
        }
        requireNoDivergence();
        for (final VirtualNode node : nodes(Phase.RUNNING)) {
            final List<String> resurrected = ledger.resurrectedAt(node);
            if (!resurrected.isEmpty()) {
                throw new AssertionError("deregistered and back: " + resurrected.get(0));
            }
            final List<String> missing = ledger.missingAt(node);
            if (!missing.isEmpty()) {
                throw new AssertionError(
                        "acknowledged and lost: " + missing.get(0) + " and " + (missing.size() - 1) + " more");
            }
        }
    }

    /**
     * Nobody ever needed an audit. After a reset one may: it drops what only others can tell to be superseded. And when
     * a disk was lost: half of a session may be all that is left of it.
     */
    private void requireNoDivergence() {
        final List<VirtualNode> running = nodes(Phase.RUNNING);
        if (config.faults().wipes()
                || running.stream().anyMatch(node -> counters(node).retained().resetsBegun() > 0)) {
            return;
        }
        for (final VirtualNode node : running) {
            if (counters(node).syncs().divergences() > 0) {
                throw new AssertionError(node + " found logs that differ under equal vectors: "
                        + node.core().lastDivergence());
            }
        }
    }

    private static GossipCounters.Snapshot counters(final VirtualNode node) {
        return node.core().counters().snapshot();
    }

    private <T> T guarded(final Supplier<T> steps) {
        try {
            return steps.get();
        } catch (final SimulationFailure e) {
            throw e;
        } catch (final RuntimeException | AssertionError e) {
            throw new SimulationFailure(
                    e.getMessage() + "\n" + config.command() + "\nlast events:\n" + String.join("\n", trace.last()), e);
        }
    }
}
