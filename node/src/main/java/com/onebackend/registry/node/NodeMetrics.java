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

    private static long count(final GossipLoop gossip, final MemberState state) {
        return gossip.members().stream()
                .filter(member -> member.state() == state)
                .count();
    }
}
