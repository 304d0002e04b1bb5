package com.onebackend.registry.node;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipFigures;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.node.gossip.TransportEvent;
import com.onebackend.registry.replication.Refusal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The node's own figures for {@code /metrics}. Each is read when somebody asks, from any thread. What each means and
 * when to worry is in the operator's guide, which a test holds against this.
 */
final class NodeMetrics {
    private static final double MILLIS_PER_SECOND = 1_000;

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
        node.core(gossip);
        node.catalog(catalog);
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

    /** What the core counts, as the loop last copied it. */
    private void core(final GossipLoop gossip) {
        final Figures figures = new Figures(gossip);
        figures.counter(
                "echoes", "own messages that came back", at -> at.counters().ownEchoes());
        figures.counter(
                "removed.refused",
                "messages of nodes the catalog removed",
                at -> at.counters().refusedRemoved());
        figures.pushes("sent", at -> at.counters().pushesSent());
        figures.pushes("applied", at -> at.counters().pushesApplied());
        figures.pushes("duplicate", at -> at.counters().pushesDuplicate());
        figures.pushes("behind", at -> at.counters().pushesBehind());
        figures.pushes("refused", at -> at.counters().pushesRefused());
        for (final Refusal reason : Refusal.values()) {
            figures.refused(reason);
        }
        figures.counter(
                "chunks.refused",
                "parts of an answer that fit no session",
                at -> at.counters().chunksRefused());
        figures.counter("syncs", "own anti-entropy sessions that ran to their end", GossipFigures::syncsCompleted);
        figures.gauge("syncs.answered", "sessions of others under way here", GossipFigures::syncsAnswered);
        figures.counter("repairs", "logs read again: sets differed under equal versions", GossipFigures::repairs);
        figures.gauge("origins", "logs this node has a part of", GossipFigures::origins);
        figures.gauge("tombstones", "deregistrations that are still remembered", GossipFigures::tombstones);
        figures.gauge("unacknowledged", "answers that wait for the disk", GossipFigures::unacknowledged);
        retention(figures);
    }

    /** Tombstones, and the clocks by which writes are ordered. */
    private static void retention(final Figures figures) {
        figures.gauge(
                "watermark",
                "version up to which own deregistrations are collected",
                at -> retained(at).ownWatermark());
        figures.counter(
                "tombstones.collected",
                "deregistrations dropped because every node has them",
                at -> retained(at).tombstonesCollected());
        figures.gauge(
                "members.behind",
                "catalog nodes away for so long that they load everything anew",
                at -> retained(at).membersBehind());
        figures.counter(
                "resets",
                "times this node was away for too long and loaded everything anew",
                at -> retained(at).resetsBegun());
        figures.counter(
                "quarantined",
                "messages refused: stamped too far ahead of this node's clock",
                at -> retained(at).quarantined());
        figures.gauge(
                "clock.offset.seconds",
                "how far the other nodes' clocks are ahead, in the middle",
                at -> retained(at).clockOffsetMillis() / MILLIS_PER_SECOND);
        figures.counter(
                "clock.alarms",
                "times the clocks were found half a second apart",
                at -> retained(at).clockAlarms());
    }

    private static GossipCounters.Retained retained(final GossipFigures at) {
        return at.counters().retained();
    }

    /** Declares meters over the loop's last figures. */
    private final class Figures {
        private final GossipLoop gossip;

        private Figures(final GossipLoop gossip) {
            this.gossip = gossip;
        }

        void counter(final String name, final String description, final ToDoubleFunction<GossipFigures> count) {
            FunctionCounter.builder("registry.gossip." + name, gossip, loop -> count.applyAsDouble(loop.figures()))
                    .description(description)
                    .register(metrics);
        }

        void gauge(final String name, final String description, final ToDoubleFunction<GossipFigures> value) {
            Gauge.builder("registry.gossip." + name, gossip, loop -> value.applyAsDouble(loop.figures()))
                    .description(description)
                    .register(metrics);
        }

        void pushes(final String what, final ToDoubleFunction<GossipFigures> count) {
            FunctionCounter.builder("registry.gossip.pushes", gossip, loop -> count.applyAsDouble(loop.figures()))
                    .description("own versions sent, and those of others as they came")
                    .tag("what", what)
                    .register(metrics);
        }

        void refused(final Refusal reason) {
            FunctionCounter.builder(
                            "registry.gossip.refused",
                            gossip,
                            loop -> loop.figures().refused().get(reason))
                    .description("what peers sent of instances and was not applied")
                    .tag("reason", lower(reason))
                    .register(metrics);
        }
    }

    private void catalog(final CatalogService catalog) {
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

    private static String lower(final Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
