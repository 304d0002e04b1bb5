package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.wire.WireCodec;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What it costs to keep a cluster in step, and how fast changes spread. By hand: {@code RelayMeter nodes loss break
 * writesPerSecond seconds [crash] [kinds]}; 0 writes measure the idle cluster, with reports.
 */
final class RelayMeter {
    private static final long REPORT_NANOS = 15 * SECOND;
    private static final long SETTLE_NANOS = 15 * SECOND;

    private final Simulation simulation;
    private final Map<String, long[]> kinds = new TreeMap<>();

    RelayMeter(final SimulationConfig config) {
        this.simulation = new Simulation(config);
    }

    /** What was seen between two moments. */
    record Figures(List<Long> changeNanos, double bytesPerNodeSecond, double copiesPerNode, double sessionsPerSecond) {
        double p99Millis() {
            return Summary.percentile(changeNanos, 99) / 1e6;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "changes %s%n%.0f bytes/s per node, %.4f copies per node and change, %.2f syncs/s in all",
                    Summary.distribution(changeNanos, 1e6, "ms"),
                    bytesPerNodeSecond,
                    copiesPerNode,
                    sessionsPerSecond);
        }
    }

    public static void main(final String[] args) {
        final int nodes = Integer.parseInt(args[0]);
        final double loss = Double.parseDouble(args[1]);
        final double broken = Double.parseDouble(args[2]);
        final int writes = Integer.parseInt(args[3]);
        final long seconds = Long.parseLong(args[4]);
        final List<String> options = List.of(args).subList(5, args.length);
        final RelayMeter meter = new RelayMeter(SimulationConfig.calm(1, nodes));
        meter.settle(true);
        if (options.contains("kinds")) {
            meter.countKinds();
        }
        if (loss > 0 || broken > 0) {
            meter.simulation.network().faults(NetworkFaults.lossy(loss).withStreamBreak(broken));
        }
        if (options.contains("crash")) {
            meter.simulation
                    .events()
                    .after(
                            seconds * SECOND / 3,
                            () -> meter.simulation.node(nodes / 2).crash());
        }
        System.out.println(String.join(" ", args));
        System.out.println(meter.measure(writes == 0 ? 0 : SECOND / writes, seconds * SECOND));
        meter.kinds.forEach((kind, sum) -> System.out.printf(
                Locale.ROOT,
                "%-14s %10.1f messages/s %10.1f bytes/s per node%n",
                kind,
                sum[0] / (double) (seconds * nodes),
                sum[1] / (double) (seconds * nodes)));
        meter.counters().forEach(System.out::println);
    }

    Simulation simulation() {
        return simulation;
    }

    /** Every node has written once, knows all others and has their reports. */
    void settle(final boolean withReports) {
        simulation.startAll();
        simulation.converge();
        if (withReports) {
            for (final VirtualNode node : simulation.nodes()) {
                reportForEver(node, simulation.nodes().size() == 1 ? 0 : REPORT_NANOS / 100 * (node.index() % 100));
            }
        }
        for (final VirtualNode node : simulation.nodes()) {
            final String id = "own-" + node.index();
            node.write(id, Workload.registration(id, 1));
        }
        simulation.runFor(SETTLE_NANOS);
    }

    /** Runs on, with a write somewhere every so often; 0 = none. */
    Figures measure(final long writeMeanNanos, final long nanos) {
        final int changes = simulation.changes().tookNanos().size();
        final long bytes = simulation.network().counters().bytes;
        final long[] before = sums();
        if (writeMeanNanos > 0) {
            final Workload workload = new Workload(
                    simulation.events(), new Seeds(99).forPurpose("writes"), simulation.nodes(), 500, writeMeanNanos);
            workload.start();
            simulation.runFor(nanos);
            workload.stop();
            simulation.runFor(5 * SECOND);
        } else {
            simulation.runFor(nanos);
        }
        final long[] after = sums();
        final double seconds = nanos / 1e9;
        final double applied = after[0] - before[0];
        return new Figures(
                simulation
                        .changes()
                        .tookNanos()
                        .subList(changes, simulation.changes().tookNanos().size()),
                (simulation.network().counters().bytes - bytes)
                        / seconds
                        / simulation.nodes().size(),
                applied == 0 ? 0 : 1 + (after[1] - before[1]) / applied,
                (after[2] - before[2]) / seconds);
    }

    private long[] sums() {
        final long[] sums = new long[3];
        for (final VirtualNode node : simulation.nodes(VirtualNode.Phase.RUNNING)) {
            final GossipCounters.Snapshot counters = node.core().counters().snapshot();
            sums[0] += counters.pushesApplied();
            sums[1] += counters.pushesDuplicate();
            sums[2] += node.core().syncsCompleted();
        }
        return sums;
    }

    private List<String> counters() {
        return List.of(simulation.node(0).core().counters().snapshot().toString());
    }

    private void countKinds() {
        simulation.network().tamper((from, to, message) -> {
            final long[] sum = kinds.computeIfAbsent(kindOf(message), kind -> new long[2]);
            sum[0]++;
            sum[1] += WireCodec.encode(message).length;
            return List.of(message);
        });
    }

    private static String kindOf(final GossipMessage message) {
        return switch (message.type()) {
            case SWIM -> ((GossipMessage.Swim) message).message().type().name();
            case LOG -> ((GossipMessage.Log) message).message().type().name();
            case RELAYED -> "relayed " + kindOf(((GossipMessage.Relayed) message).body());
            case REPORT, REPORTS_ASKED, REPORT_BATCH, HEARTBEATS, HEARTBEAT_ACK, PULSE ->
                message.type().name();
        };
    }

    private void reportForEver(final VirtualNode node, final long delayNanos) {
        simulation.events().after(1 + delayNanos, () -> {
            if (node.phase() == VirtualNode.Phase.RUNNING) {
                final long used = 4_000_000_000L + simulation.events().nowNanos() % 1_000_000_000L;
                final NodeUsage usage = new NodeUsage(
                        NodeUsage.Resource.of(1_300 + used % 500, 8_000),
                        NodeUsage.Resource.of(used, 16_000_000_000L),
                        NodeUsage.Resource.of(20 * used, 500_000_000_000L));
                node.command((now, out) -> node.core().report(usage, List.<Gpu>of(), now, out));
            }
            reportForEver(node, REPORT_NANOS);
        });
    }
}
