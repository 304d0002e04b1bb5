package com.onebackend.registry.node;

import com.onebackend.registry.node.gossip.GossipFigures;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.node.gossip.PeerQueue;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Figures with one row for each other node. The rows come and go with the nodes, so they are made anew when somebody
 * asks.
 *
 * <p><i>Thread:</i> any.
 */
final class PeerMetrics implements MultiCollector {
    /** Rows of a figure at most: those with the most in their queue. */
    static final int PEERS_MAX = 128;

    private final GossipLoop gossip;
    private final GossipTransports transports;

    private PeerMetrics(final GossipLoop gossip, final GossipTransports transports) {
        this.gossip = gossip;
        this.transports = transports;
    }

    static void register(
            final PrometheusRegistry registry, final GossipLoop gossip, final GossipTransports transports) {
        registry.register(new PeerMetrics(gossip, transports));
    }

    @Override
    public List<String> getPrometheusNames() {
        return List.of("registry_gossip_log_head", "registry_transport_queue_frames", "registry_transport_queue_bytes");
    }

    @Override
    public MetricSnapshots collect() {
        final List<PeerQueue> queues = transports.queues().stream()
                .sorted(Comparator.comparingLong(PeerQueue::bytes).reversed())
                .limit(PEERS_MAX)
                .toList();
        return MetricSnapshots.of(
                heads(gossip.figures().heads()),
                queues("frames", "frames that wait for a peer", queues, PeerQueue::frames),
                queues("bytes", "bytes that wait for a peer", queues, PeerQueue::bytes));
    }

    private static GaugeSnapshot heads(final List<GossipFigures.LogHead> heads) {
        final List<GaugeDataPointSnapshot> rows = new ArrayList<>();
        for (final GossipFigures.LogHead head : heads) {
            rows.add(GaugeDataPointSnapshot.builder()
                    .value((double) head.version())
                    .labels(Labels.of(
                            "node", head.node(), "origin", head.origin().toString()))
                    .build());
        }
        return new GaugeSnapshot(
                new MetricMetadata("registry_gossip_log_head", "the last version this node has of a node's log"), rows);
    }

    private static GaugeSnapshot queues(
            final String what,
            final String help,
            final List<PeerQueue> queues,
            final ToDoubleFunction<PeerQueue> value) {
        final List<GaugeDataPointSnapshot> rows = new ArrayList<>();
        for (final PeerQueue queue : queues) {
            rows.add(GaugeDataPointSnapshot.builder()
                    .value(value.applyAsDouble(queue))
                    .labels(Labels.of("peer", queue.peer().toString()))
                    .build());
        }
        return new GaugeSnapshot(new MetricMetadata("registry_transport_queue_" + what, help), rows);
    }
}
