package com.onebackend.registry.node;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.node.gossip.TransportEvent;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The node's own figures for {@code /metrics}. Each is read when somebody asks, from any thread. What each means and
 * when to worry is in a table of the operator's guide; a test holds the names and labels there against those shown.
 */
final class NodeMetrics {
    private final MeterRegistry metrics;

    private NodeMetrics(final MeterRegistry metrics) {
        this.metrics = metrics;
    }

    static void bind(
            final PrometheusMeterRegistry metrics,
            final GossipLoop gossip,
            final CatalogService catalog,
            final Directory directory,
            final GossipTransports transports) {
        final NodeMetrics node = new NodeMetrics(metrics);
        node.transports(transports);
        node.members(gossip);
        node.directory(directory);
        node.loop(gossip);
        new CoreMetrics(metrics, gossip).bind();
        CatalogMetrics.bind(metrics, gossip, catalog);
        PeerMetrics.register(metrics.getPrometheusRegistry(), gossip, transports);
    }

    private void transports(final GossipTransports transports) {
        for (final TransportEvent event : TransportEvent.values()) {
            FunctionCounter.builder(
                            "registry.transport.events",
                            transports,
                            at -> at.counters().count(event))
                    .description("what happened to datagrams, frames and connections between nodes")
                    .tag("event", lower(event))
                    .register(metrics);
        }
        for (final Lane lane : Lane.values()) {
            bytes(transports, lane, "out", at -> at.counters().bytesOut(lane));
            bytes(transports, lane, "in", at -> at.counters().bytesIn(lane));
        }
    }

    private void bytes(
            final GossipTransports transports,
            final Lane lane,
            final String direction,
            final ToDoubleFunction<GossipTransports> count) {
        FunctionCounter.builder("registry.transport.bytes", transports, count)
                .description("bytes of gossip between nodes, without what TLS, UDP and IP add")
                .tags("lane", lower(lane), "direction", direction)
                .register(metrics);
    }

    private void members(final GossipLoop gossip) {
        for (final MemberState state : MemberState.values()) {
            Gauge.builder("registry.members", gossip, loop -> count(loop, state))
                    .description("members by what is believed of them")
                    .tag("state", lower(state))
                    .register(metrics);
            FunctionCounter.builder("registry.members.transitions", gossip, loop -> loop.transitions(state))
                    .description("how often a member came to be believed in this state")
                    .tag("state", lower(state))
                    .register(metrics);
        }
    }

    private void directory(final Directory directory) {
        Gauge.builder("registry.instances", directory, Directory::size)
                .description("registered instances as this node sees them")
                .register(metrics);
        Gauge.builder("registry.services", directory, Directory::services)
                .description("services with at least one instance")
                .register(metrics);
    }

    private void loop(final GossipLoop gossip) {
        Gauge.builder("registry.gossip.inbox", gossip, GossipLoop::inboxSize)
                .description("tasks that wait for the gossip loop")
                .register(metrics);
        Gauge.builder("registry.gossip.commands", gossip, GossipLoop::commandsSize)
                .description("commands of this node itself that wait for the gossip loop")
                .register(metrics);
        Gauge.builder("registry.gossip.reloading", gossip, loop -> loop.isReloading() ? 1 : 0)
                .description("1 while this node reloads everything from the others")
                .register(metrics);
        FunctionCounter.builder("registry.gossip.dropped", gossip, GossipLoop::dropped)
                .description("messages the transports dropped at once")
                .register(metrics);
        FunctionCounter.builder("registry.gossip.undecodable", gossip, GossipLoop::undecodableCount)
                .description("messages of peers that did not decode")
                .register(metrics);
    }

    private static long count(final GossipLoop gossip, final MemberState state) {
        return gossip.members().stream()
                .filter(member -> member.state() == state)
                .count();
    }

    static String lower(final Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
