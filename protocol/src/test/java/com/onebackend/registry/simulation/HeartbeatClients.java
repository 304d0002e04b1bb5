package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.HeartbeatVerdict;
import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Clients that keep one instance each alive: a heartbeat every ten seconds, at one node or each time at another, and a
 * full registration when the node does not know the instance.
 */
final class HeartbeatClients {
    static final long INTERVAL_NANOS = 10 * SECOND;

    private final Simulation simulation;
    private final RandomGenerator random;
    private final List<String> instanceIds = new ArrayList<>();
    private final Map<String, Long> lastNanos = new TreeMap<>();
    private final Map<String, Integer> home = new TreeMap<>();
    private Predicate<VirtualNode> reachable = node -> true;
    private boolean isSticky;
    private boolean isRunning;
    private long registrations;

    HeartbeatClients(final Simulation simulation, final int count) {
        this.simulation = simulation;
        this.random = new Seeds(simulation.config().seed()).forPurpose("heartbeats");
        for (int i = 0; i < count; i++) {
            instanceIds.add("beat-" + i);
        }
    }

    /** Each client stays at one node for as long as that runs; otherwise each heartbeat goes to any. */
    HeartbeatClients sticky() {
        isSticky = true;
        return this;
    }

    /** Registers instance i at node i modulo the number of nodes; no heartbeats yet. */
    void registerAll() {
        for (int i = 0; i < instanceIds.size(); i++) {
            final VirtualNode node = simulation.node(i % simulation.nodes().size());
            home.put(instanceIds.get(i), node.index());
            register(node, instanceIds.get(i));
        }
    }

    /** From now on every client gives its heartbeats, the first one within an interval. */
    void start() {
        isRunning = true;
        for (final String instanceId : instanceIds) {
            simulation.events().after(1 + Seeds.between(random, 0, INTERVAL_NANOS), () -> beat(instanceId));
        }
    }

    void stop() {
        isRunning = false;
    }

    /** Clients reach only these nodes. */
    void only(final Predicate<VirtualNode> nodes) {
        reachable = nodes;
    }

    List<String> instanceIds() {
        return instanceIds;
    }

    /** When the client last got through; null when it never did. */
    Long lastNanos(final String instanceId) {
        return lastNanos.get(instanceId);
    }

    /** Full registrations. */
    long registrations() {
        return registrations;
    }

    private void beat(final String instanceId) {
        if (!isRunning) {
            return;
        }
        final VirtualNode node = choose(instanceId);
        if (node != null && node.core().hasRoom()) {
            final HeartbeatVerdict verdict = node.heartbeat(instanceId);
            if (verdict.kind() == HeartbeatVerdict.Kind.UNKNOWN) {
                register(node, instanceId);
            } else {
                lastNanos.put(instanceId, simulation.events().nowNanos());
            }
        }
        simulation.events().after(INTERVAL_NANOS, () -> beat(instanceId));
    }

    private VirtualNode choose(final String instanceId) {
        final List<VirtualNode> running =
                simulation.nodes(Phase.RUNNING).stream().filter(reachable).toList();
        if (running.isEmpty()) {
            return null;
        }
        if (isSticky) {
            final Integer last = home.get(instanceId);
            for (final VirtualNode node : running) {
                if (last != null && node.index() == last) {
                    return node;
                }
            }
        }
        final VirtualNode node = running.get(random.nextInt(running.size()));
        home.put(instanceId, node.index());
        return node;
    }

    private void register(final VirtualNode node, final String instanceId) {
        registrations++;
        node.write(instanceId, Workload.registration(instanceId, instanceId.hashCode() & 0xFFFF));
        node.heartbeat(instanceId);
        lastNanos.put(instanceId, simulation.events().nowNanos());
    }
}
