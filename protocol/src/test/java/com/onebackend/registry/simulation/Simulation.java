package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A cluster of gossip cores in one thread under virtual time: the same seed gives the same run, event by event.
 *
 * <p>{@link #run} is the whole story of a seed: start, faults, heal, converge. Scenario tests call the single steps.
 */
final class Simulation {
    private static final int SEED_NODES = 3;
    private static final long CONVERGENCE_LOOK_NANOS = SECOND / 5;
    private static final long STABLE_NANOS = 10 * SECOND;

    private final SimulationConfig config;
    private final EventQueue events = new EventQueue();
    private final Trace trace;
    private final VirtualNetwork network;
    private final List<VirtualNode> nodes = new ArrayList<>();
    private final SafetyChecker safety;
    private final WriteLedger ledger = new WriteLedger(nodes);
    private final DetectionMeter detection;
    private final ChangeMeter changes = new ChangeMeter(events, nodes);
    private final Workload workload;
    private final FaultPlan faults;
    private long convergedInNanos;

    Simulation(final SimulationConfig config) {
        this.config = config;
        final Seeds seeds = new Seeds(config.seed());
        this.trace = new Trace(config.listener());
        this.network = new VirtualNetwork(events, trace, seeds.forPurpose("network"));
        this.network.faults(config.network());
        this.safety = new SafetyChecker(config.gossip(), config.nodes());
        this.detection = new DetectionMeter(config.gossip(), events, network, nodes, config.nodes());
        final NodeObserver observers = new Observers(List.of(safety, ledger, detection, changes));
        final VirtualNode.World world =
                new VirtualNode.World(events, network, trace, seeds, config.gossip(), observers);
        for (int i = 0; i < config.nodes(); i++) {
            nodes.add(new VirtualNode(i, config.skewMillisMax(), world));
        }
        this.workload =
                new Workload(events, seeds.forPurpose("workload"), nodes, config.keys(), config.writeMeanNanos());
        this.faults = new FaultPlan(this, config.faults(), seeds.forPurpose("faults"));
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
        tellCatalog();
    }

    /** Every node knows whose nodes the cluster's are, as if the catalog had told it. */
    private void tellCatalog() {
        final Map<String, Origin> catalog = new TreeMap<>();
        for (final VirtualNode node : nodes) {
            // One that never started counts, too: it is away.
            final Origin origin = node.origin() == null ? new Origin(node.index()) : node.origin();
            catalog.put(VirtualNode.nodeIdOf(node.index()), origin);
        }
        for (final VirtualNode node : nodes(Phase.RUNNING)) {
            node.command((now, out) -> node.core().catalogMembers(catalog, now, out));
        }
    }

    void runFor(final long nanos) {
        guarded(() -> {
            events.runUntil(events.nowNanos() + nanos);
            return null;
        });
    }

    /** Runs until it holds, and fails when it does not within the bound. Returns how long it took. */
    long runUntil(final String what, final long boundNanos, final Supplier<Boolean> condition) {
        return guarded(() -> {
            final long start = events.nowNanos();
            while (!condition.get()) {
                if (events.nowNanos() - start >= boundNanos) {
                    throw new AssertionError("not within " + boundNanos / 1e9 + " s: " + what);
                }
                events.runUntil(events.nowNanos() + SECOND / 100);
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
                events.runUntil(events.nowNanos() + CONVERGENCE_LOOK_NANOS);
            }
            convergedInNanos = events.nowNanos() - start;
            requireAgreement();
            return convergedInNanos;
        });
    }

    /** A problem, or null: all running nodes have the same digests, instances and members. */
    String disagreement() {
        return Agreement.problem(nodes(Phase.RUNNING), workload.instanceIds());
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

    private void requireAgreement() {
        final String problem = disagreement();
        if (problem != null) {
            throw new AssertionError("no agreement within " + convergenceBoundNanos() / 1e9 + " s: " + problem);
        }
        for (final VirtualNode node : nodes(Phase.RUNNING)) {
            final List<String> missing = ledger.missingAt(node);
            if (!missing.isEmpty()) {
                throw new AssertionError(
                        "acknowledged and lost: " + missing.get(0) + " and " + (missing.size() - 1) + " more");
            }
        }
    }

    private <T> T guarded(final Supplier<T> steps) {
        try {
            return steps.get();
        } catch (final SimulationFailure e) {
            throw e;
        } catch (final RuntimeException | AssertionError e) {
            throw new SimulationFailure(
                    e.getMessage() + "\nscripts/simulate --seed " + config.seed() + " --nodes " + config.nodes()
                            + "\nlast events:\n" + String.join("\n", trace.last()),
                    e);
        }
    }
}
