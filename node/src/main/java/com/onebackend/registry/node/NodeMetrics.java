package com.onebackend.registry.node;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.TransportCounters;
import com.onebackend.registry.node.gossip.TransportEvent;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** The node's own figures for {@code /metrics}. Each is read when somebody asks, from any thread. */
final class NodeMetrics {
    private static final double MILLIS_PER_SECOND = 1_000;

    private NodeMetrics() {}

    static void bind(
            final MeterRegistry metrics,
            final GossipLoop gossip,
            final CatalogService catalog,
            final Directory directory,
            final TransportCounters transports) {
        for (final TransportEvent event : TransportEvent.values()) {
            FunctionCounter.builder("registry.transport.events", transports, counters -> counters.count(event))
                    .description("what happened to datagrams, frames and connections between nodes")
                    .tag("event", event.name().toLowerCase(Locale.ROOT))
                    .register(metrics);
        }
        for (final MemberState state : MemberState.values()) {
            Gauge.builder("registry.members", gossip, loop -> count(loop, state))
                    .description("members by what is believed of them")
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(metrics);
        }
        Gauge.builder("registry.instances", directory, Directory::size)
                .description("registered instances as this node sees them")
                .register(metrics);
        Gauge.builder("registry.services", directory, Directory::services)
                .description("services with at least one instance")
                .register(metrics);
        Gauge.builder("registry.gossip.inbox", gossip, GossipLoop::inboxSize)
                .description("tasks that wait for the gossip loop")
                .register(metrics);
        FunctionCounter.builder("registry.gossip.syncs", gossip, GossipLoop::syncsCompleted)
                .description("anti-entropy sessions of this node that ran to their end")
                .register(metrics);
        FunctionCounter.builder("registry.gossip.dropped", gossip, GossipLoop::dropped)
                .description("messages the transports dropped at once")
                .register(metrics);
        FunctionCounter.builder("registry.gossip.undecodable", gossip, GossipLoop::undecodableCount)
                .description("messages of peers that did not decode")
                .register(metrics);
        bindRetention(metrics, gossip);
        Gauge.builder("registry.catalog.applied", catalog, CatalogService::appliedIndex)
                .description("last catalog entry applied on this node")
                .register(metrics);
        Gauge.builder(
                        "registry.catalog.leader",
                        catalog,
                        service -> service.leaderId().isEmpty() ? 0 : 1)
                .description("1 while this node knows a leader")
                .register(metrics);
    }

    private static void bindRetention(final MeterRegistry metrics, final GossipLoop gossip) {
        Gauge.builder("registry.tombstones", gossip, loop -> loop.retained().tombstones())
                .description("deregistrations kept until every node has them")
                .register(metrics);
        Gauge.builder(
                        "registry.tombstones.watermark",
                        gossip,
                        loop -> loop.retained().ownWatermark())
                .description("version up to which this node's own deregistrations were collected")
                .register(metrics);
        FunctionCounter.builder(
                        "registry.tombstones.collected",
                        gossip,
                        loop -> loop.retained().tombstonesCollected())
                .description("deregistrations dropped because every node has them")
                .register(metrics);
        Gauge.builder("registry.members.behind", gossip, loop -> loop.retained().membersBehind())
                .description("catalog nodes away for so long that they have to load everything anew")
                .register(metrics);
        FunctionCounter.builder(
                        "registry.resets", gossip, loop -> loop.retained().resetsBegun())
                .description("times this node had been away for too long and loaded everything anew")
                .register(metrics);
        FunctionCounter.builder(
                        "registry.gossip.quarantined",
                        gossip,
                        loop -> loop.retained().quarantined())
                .description("messages refused because of a time too far ahead of this node's clock")
                .register(metrics);
        Gauge.builder("registry.clock.offset", gossip, loop -> loop.retained().clockOffsetMillis() / MILLIS_PER_SECOND)
                .description("how far the other nodes' clocks are ahead of this node's, in the middle")
                .baseUnit("seconds")
                .register(metrics);
        FunctionCounter.builder(
                        "registry.clock.alarms", gossip, loop -> loop.retained().clockAlarms())
                .description("times this node's clock and the others' were found half a second apart")
                .register(metrics);
    }

    private static long count(final GossipLoop gossip, final MemberState state) {
        return gossip.members().stream()
                .filter(member -> member.state() == state)
                .count();
    }
}
