package com.onebackend.registry.node;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.AutopilotConfig;
import com.onebackend.registry.node.catalog.AutopilotRunner;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.RemovedNode;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.instances.InstanceService;
import com.onebackend.registry.node.resources.ResourceSampler;
import com.onebackend.registry.storage.GroupCommit;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts gossip: restores the core from disk, opens the loop to the other members, and tells them of this node.
 *
 * <p><i>Thread:</i> {@link #run} on the startup thread; what it sets going runs on the threads of its parts.
 */
final class GossipStart {
    private static final Logger LOG = LoggerFactory.getLogger(GossipStart.class);
    private static final Duration REPORT_INTERVAL = Duration.ofSeconds(15);
    private static final long LEAVE_MILLIS = 300;

    private final Startup.Parts parts;
    private final LateParts late;
    private final PeerEndpoints endpoints;
    private final Consumer<Member> taken;

    /** @param taken told when another living process has this node's id */
    GossipStart(
            final Startup.Parts parts,
            final LateParts late,
            final PeerEndpoints endpoints,
            final Consumer<Member> taken) {
        this.parts = parts;
        this.late = late;
        this.endpoints = endpoints;
        this.taken = taken;
    }

    /** Returns when this node gossips and serves the door. */
    GossipLoop run(final String clusterId, final CatalogService catalog) {
        parts.readiness().waitsFor("reading the instances from disk");
        final NodeRecord self = parts.self();
        final Member member = member(self, parts.config().host());
        final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        final GossipCore core = new GossipCore(GossipConfig.LAN, member, random);
        parts.store().instances().load(core::restore, core::restoreHead);

        final GroupCommit commit = late.opened(
                "commit",
                GroupCommit.start(
                        parts.store().instances(),
                        failure -> parts.onFatal()
                                .onFatal("instances cannot be written to disk: " + failure.getMessage(), failure)));
        final GossipLoop gossip = late.opened(
                "gossip",
                new GossipLoop(
                        core,
                        parts.directory(),
                        parts.transports()::send,
                        commit::trySubmit,
                        failure -> parts.onFatal().onFatal("the gossip loop ended", failure)));
        gossip.onRefused(taken);
        gossip.start();
        // Before the first message comes in: nothing of a removed node is believed for a moment.
        catalog.onNodeRemoved(removed -> forget(gossip, removed));
        catalog.removed().forEach(removed -> forget(gossip, removed));
        parts.transports()
                .joinCluster(
                        hash(clusterId),
                        member.endpoint(),
                        (from, bytes) -> receive(gossip, from, bytes),
                        (from, bytes) -> receive(gossip, from, bytes));
        final AtomicReference<List<Endpoint>> joined = new AtomicReference<>(List.of());
        catalog.onNodes(index -> join(gossip, catalog, joined));
        join(gossip, catalog, joined);
        final AtomicReference<Map<String, Origin>> told = new AtomicReference<>(Map.of());
        catalog.onNodes(index -> tellNodes(gossip, catalog, told));
        tellNodes(gossip, catalog, told);
        late.opened("leave", () -> leave(gossip));
        startReports(gossip);
        startAutopilot(gossip, catalog);
        NodeMetrics.bind(parts.metrics(), gossip, catalog, parts.directory(), parts.transports());
        final Services services = new Services(clusterId, catalog, gossip, new InstanceService(gossip, self.url()));
        parts.readiness().exceptWhileRestoring(() -> catalog.restore().isUnderWay());
        parts.api().serve(services);
        parts.api().serve(late.opened("disaster", new DisasterService(parts, services)));
        return gossip;
    }

    /** This process as the other members shall know it. */
    static Member member(final NodeRecord self, final String host) {
        final MemberId id = new MemberId(self.id(), self.origin(), self.generation());
        final Endpoint endpoint = new Endpoint(host, self.gossipPort());
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, endpoint, self.url());
    }

    private boolean receive(final GossipLoop gossip, final Endpoint from, final byte[] bytes) {
        if (late.isClosed()) {
            return true; // Dropped: a removed node stays, and its sockets with it.
        }
        try {
            return gossip.received(from, WireCodec.decode(bytes));
        } catch (final WireException e) {
            LOG.debug("message dropped from={} reason={}", from, e.getMessage());
            gossip.undecodable();
            return true;
        }
    }

    private void startReports(final GossipLoop gossip) {
        final ResourceSampler sampler =
                late.opened("resources", new ResourceSampler(parts.config().folder()));
        sampler.start(
                REPORT_INTERVAL,
                sample -> gossip.post(
                        turn -> turn.core().report(sample.usage(), sample.gpus(), turn.now(), turn.effects())));
    }

    private void startAutopilot(final GossipLoop gossip, final CatalogService catalog) {
        final AutopilotRunner autopilot = late.opened(
                "autopilot",
                AutopilotRunner.start(
                        parts.self().id(),
                        new ClusterFacts(parts.self().id(), catalog, gossip),
                        AutopilotConfig.DEFAULT));
        catalog.reports().of(autopilot);
    }

    /** Looks for members where the catalog says they are, again whenever it says something new. Does not block. */
    private void join(
            final GossipLoop gossip, final CatalogService catalog, final AtomicReference<List<Endpoint>> joined) {
        final List<Endpoint> seeds = seeds(catalog);
        if (!seeds.equals(joined.getAndSet(seeds))) {
            gossip.command(turn -> turn.core().join(seeds, turn.now(), turn.effects()));
        }
    }

    /** Says which nodes there are, dead or alive, whenever that changed. Does not block. */
    private static void tellNodes(
            final GossipLoop gossip, final CatalogService catalog, final AtomicReference<Map<String, Origin>> told) {
        final Map<String, Origin> nodes = new TreeMap<>();
        catalog.nodes().forEach(node -> nodes.put(node.id(), node.origin()));
        if (!nodes.equals(told.getAndSet(nodes))) {
            gossip.command(turn -> turn.core().catalogMembers(nodes, turn.now(), turn.effects()));
        }
    }

    private static void forget(final GossipLoop gossip, final RemovedNode removed) {
        gossip.command(turn -> turn.core()
                .forget(removed.nodeId(), removed.origin(), removed.generation(), turn.now(), turn.effects()));
    }

    private void leave(final GossipLoop gossip) throws InterruptedException {
        if (!parts.answers().identity().removed().isEmpty()) {
            return; // Nobody listens to one that was removed.
        }
        gossip.command(turn -> turn.core().leave(turn.now(), turn.effects()));
        // The good-bye is a few datagrams: give them the time to leave before the sockets close.
        TimeUnit.MILLISECONDS.sleep(LEAVE_MILLIS);
    }

    /** Where members may be found: those the catalog knows, and those named. */
    private List<Endpoint> seeds(final CatalogService catalog) {
        final List<Endpoint> seeds = new ArrayList<>();
        for (final NodeRecord node : catalog.nodes()) {
            if (!node.id().equals(parts.self().id())) {
                PeerEndpoints.of(node).ifPresent(seeds::add);
            }
        }
        for (final String url : parts.config().peers()) {
            final Endpoint named = endpoints.knownOrUsual(url);
            if (!seeds.contains(named)) {
                seeds.add(named);
            }
        }
        return seeds;
    }

    private static long hash(final String clusterId) {
        try {
            final byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(clusterId.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
