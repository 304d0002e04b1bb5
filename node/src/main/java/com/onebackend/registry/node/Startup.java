package com.onebackend.registry.node;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.Bootstrap;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapDecision;
import com.onebackend.registry.node.catalog.CatalogConfig;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.CatalogTls;
import com.onebackend.registry.node.catalog.FatalHandler;
import com.onebackend.registry.node.catalog.RemovedNode;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.node.instances.InstanceService;
import com.onebackend.registry.node.resources.ResourceSampler;
import com.onebackend.registry.storage.GroupCommit;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the cluster, starts catalog and gossip, enrols this node and says when it is ready.
 *
 * <p><i>Thread:</i> its own, "startup", which later watches whether the node still belongs to the cluster;
 * {@link #close} on any.
 */
final class Startup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Startup.class);
    private static final String CLUSTER_NAME = "registry";
    private static final Duration FOUNDING_WAIT = Duration.ofSeconds(30);
    private static final Duration REPORT_INTERVAL = Duration.ofSeconds(15);
    private static final long CHECK_MILLIS = 50;
    private static final long WATCH_MILLIS = 1_000;
    /** Raft's view may be an old one for a moment, while it reads its log. */
    private static final long EVICTED_MILLIS_MIN = 5_000;

    private static final long LEAVE_MILLIS = 300;
    private static final long JOIN_MILLIS_MAX = 5_000;

    private final Parts parts;
    private final CloseOrder closing = new CloseOrder();
    private final PeerEndpoints endpoints = new PeerEndpoints();
    private final Thread thread = new Thread(this::run, "startup");
    private volatile Thread enrolling;
    private volatile boolean isClosed;
    private volatile boolean isEnrolled;

    /** What the node consists of before it belongs to a cluster. */
    record Parts(
            NodeConfig config,
            RegistryStore store,
            ClusterKeys keys,
            BootstrapAnswers answers,
            Members members,
            GossipTransports transports,
            NodeRecord self,
            Directory directory,
            NodeApi api,
            Readiness readiness,
            PrometheusMeterRegistry metrics,
            FatalHandler onFatal) {}

    /** The voters, for those who ask; empty until there is a catalog. */
    static final class Members implements Supplier<List<CatalogPeer>> {
        private volatile CatalogService catalog;

        @Override
        public List<CatalogPeer> get() {
            final CatalogService running = catalog;
            return running == null ? List.of() : running.voters();
        }
    }

    private Startup(final Parts parts) {
        this.parts = parts;
    }

    static Startup begin(final Parts parts) {
        final Startup startup = new Startup(parts);
        startup.thread.start();
        return startup;
    }

    @Override
    public void close() {
        isClosed = true;
        parts.readiness().waitsFor("stopping");
        end(thread);
        // Only now: the startup thread may have begun the enrolment meanwhile.
        if (enrolling != null) {
            end(enrolling);
        }
        synchronized (closing) {
            closing.close();
        }
    }

    private static void end(final Thread thread) {
        thread.interrupt();
        try {
            thread.join(JOIN_MILLIS_MAX);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            parts.readiness().waitsFor("looking for the cluster");
            final boolean wasMember = !parts.answers().identity().clusterId().isEmpty();
            final Bootstrap bootstrap = bootstrap();
            final BootstrapDecision decision = bootstrap.run();
            if (decision.kind() == BootstrapDecision.Kind.REFUSE) {
                parts.onFatal().onFatal(decision.message(), new ConfigException(decision.message()));
                return;
            }
            final CatalogService catalog = startCatalog(decision, bootstrap);
            final GossipLoop gossip = startGossip(decision.clusterId(), catalog);
            startEnrolment(catalog);
            final boolean hadData = wasMember || decision.kind() == BootstrapDecision.Kind.FOUND;
            watch(catalog, gossip, hadData);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final RegistryException e) {
            // A refusal: starting again changes nothing.
            if (!isClosed) {
                parts.onFatal().onFatal(e.getMessage(), new ConfigException(e.getMessage()));
            }
        } catch (final RuntimeException | Error e) {
            if (!isClosed) {
                parts.onFatal().onFatal("starting failed: " + e.getMessage(), e);
            }
        }
    }

    private Bootstrap bootstrap() {
        return new Bootstrap(
                CLUSTER_NAME,
                Seeds.of(parts.config().selfUrl(), parts.config().seeds()),
                new BootstrapWire(parts.transports(), endpoints),
                parts.answers(),
                clusterId -> Files.isDirectory(raftFolder().resolve(clusterId).resolve("current")));
    }

    private Path raftFolder() {
        return parts.config().folder().resolve("raft");
    }

    private CatalogService startCatalog(final BootstrapDecision decision, final Bootstrap bootstrap)
            throws InterruptedException {
        parts.readiness().waitsFor("starting the catalog");
        final NodeConfig config = parts.config();
        final CatalogPeer self = new CatalogPeer(parts.self().id(), config.host(), config.raftPort());
        final CatalogConfig catalogConfig = new CatalogConfig(
                raftFolder(),
                UUID.fromString(decision.clusterId()),
                self,
                config.bindHost(),
                new CatalogTls(
                        parts.transports().tls().keyManager(),
                        parts.transports().tls().trustManager()),
                parts.store().catalog(),
                parts.onFatal(),
                CatalogConfig.Snapshots.DEFAULT);
        final CatalogService catalog = decision.kind() == BootstrapDecision.Kind.FOUND
                ? found(catalogConfig, decision.clusterId())
                : start(catalogConfig, decision.clusterId(), bootstrap);
        parts.members().catalog = catalog;
        return catalog;
    }

    private CatalogService found(final CatalogConfig config, final String clusterId) throws InterruptedException {
        final CatalogService catalog = opened("catalog", CatalogService.found(config));
        // The cluster exists once its first node leads it; a crash before that founds the same one again.
        while (!catalog.awaitReady(FOUNDING_WAIT)) {
            LOG.warn("founding takes longer than {} s", FOUNDING_WAIT.toSeconds());
        }
        parts.answers().belongsTo(clusterId);
        parts.answers().becameVoter();
        return catalog;
    }

    /** A voter comes back as what it is; a node that never was one asks to become one, for as long as it takes. */
    private CatalogService start(final CatalogConfig config, final String clusterId, final Bootstrap bootstrap)
            throws InterruptedException {
        final Supplier<List<CatalogPeer>> members = () -> bootstrap.members(clusterId);
        if (!parts.answers().identity().everVoter()) {
            CatalogService.takeBackLostVote(config, members, parts.readiness()::waitsFor);
        }
        parts.answers().belongsTo(clusterId);
        final CatalogService catalog = opened("catalog", CatalogService.start(config));
        if (!parts.answers().identity().everVoter()) {
            catalog.joinAsVoter(members).whenComplete((done, failure) -> {
                if (failure == null) {
                    parts.answers().becameVoter();
                } else if (!isClosed) {
                    LOG.error("joining the catalog failed", failure);
                }
            });
        }
        return catalog;
    }

    private GossipLoop startGossip(final String clusterId, final CatalogService catalog) {
        parts.readiness().waitsFor("reading the instances from disk");
        final NodeRecord self = parts.self();
        final Member member = member(self, parts.config().host());
        final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        final GossipCore core = new GossipCore(GossipConfig.LAN, member, random);
        parts.store().instances().load(core::restore, core::restoreHead);

        final GroupCommit commit = opened(
                "commit",
                GroupCommit.start(
                        parts.store().instances(),
                        failure -> parts.onFatal().onFatal("instances cannot be written to disk", failure)));
        final GossipLoop gossip = opened(
                "gossip",
                new GossipLoop(
                        core,
                        parts.directory(),
                        parts.transports()::send,
                        commit::trySubmit,
                        failure -> parts.onFatal().onFatal("the gossip loop ended", failure)));
        gossip.onRefused(this::taken);
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
        catalog.onChange(index -> join(gossip, catalog, joined));
        join(gossip, catalog, joined);
        opened("leave", () -> leave(gossip));
        startReports(gossip);
        NodeMetrics.bind(
                parts.metrics(),
                gossip,
                catalog,
                parts.directory(),
                parts.transports().counters());
        parts.api().serve(new Services(clusterId, catalog, gossip, new InstanceService(gossip, self.url())));
        return gossip;
    }

    /** This process as the other members shall know it. */
    static Member member(final NodeRecord self, final String host) {
        final MemberId id = new MemberId(self.id(), self.origin(), self.generation());
        final Endpoint endpoint = new Endpoint(host, self.gossipPort());
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, endpoint, self.url());
    }

    private static boolean receive(final GossipLoop gossip, final Endpoint from, final byte[] bytes) {
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
                opened("resources", new ResourceSampler(parts.config().folder()));
        sampler.start(
                REPORT_INTERVAL,
                sample -> gossip.post(
                        turn -> turn.core().report(sample.usage(), sample.gpus(), turn.now(), turn.effects())));
    }

    /** Looks for members where the catalog says they are, again whenever it says something new. Does not block. */
    private void join(
            final GossipLoop gossip, final CatalogService catalog, final AtomicReference<List<Endpoint>> joined) {
        final List<Endpoint> seeds = seeds(catalog);
        if (!seeds.equals(joined.getAndSet(seeds))) {
            gossip.command(turn -> turn.core().join(seeds, turn.now(), turn.effects()));
        }
    }

    private static void forget(final GossipLoop gossip, final RemovedNode removed) {
        gossip.command(turn -> turn.core()
                .forget(removed.nodeId(), removed.origin(), removed.generation(), turn.now(), turn.effects()));
    }

    private static void leave(final GossipLoop gossip) throws InterruptedException {
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

    private void startEnrolment(final CatalogService catalog) {
        final Enrolment enrolment = new Enrolment(
                catalog,
                parts.keys(),
                parts.self(),
                parts.config().adminPassword(),
                parts.config().folder());
        enrolling = new Thread(
                () -> {
                    try {
                        final String refusal = enrolment.run();
                        if (refusal.isEmpty()) {
                            isEnrolled = true;
                        } else {
                            refused(refusal);
                        }
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (final RuntimeException | Error e) {
                        if (!isClosed) {
                            parts.onFatal().onFatal("enrolment failed", e);
                        }
                    }
                },
                "enrolment");
        enrolling.start();
    }

    /** Says when the node is ready, and ends it when the cluster has removed it; until it is closed. */
    private void watch(final CatalogService catalog, final GossipLoop gossip, final boolean hadData)
            throws InterruptedException {
        final long start = System.nanoTime();
        long belongedNanos = start;
        boolean isReady = false;
        while (true) {
            final long now = System.nanoTime();
            belongedNanos = catalog.isEvicted() ? belongedNanos : now;
            if (TimeUnit.NANOSECONDS.toMillis(now - belongedNanos) >= EVICTED_MILLIS_MIN) {
                refused("the cluster has removed this node");
                return;
            }
            if (!isReady) {
                isReady = facts(catalog, gossip, hadData, now - start).isReady();
                if (isReady) {
                    parts.readiness().ready();
                    LOG.info("ready after {} ms", TimeUnit.NANOSECONDS.toMillis(now - start));
                } else {
                    parts.readiness()
                            .waitsFor(isEnrolled ? "catching up with the instances" : "catching up with the catalog");
                }
            }
            TimeUnit.MILLISECONDS.sleep(isReady ? WATCH_MILLIS : CHECK_MILLIS);
        }
    }

    private ReadyFacts facts(
            final CatalogService catalog, final GossipLoop gossip, final boolean hadData, final long waitedNanos) {
        final String self = parts.self().id();
        return new ReadyFacts(
                !catalog.signingKeys().isEmpty() && catalog.account(Enrolment.ADMIN_SLUG) != null,
                isEnrolled,
                hadData,
                !parts.config().peers().isEmpty()
                        || catalog.nodes().stream().anyMatch(node -> !node.id().equals(self)),
                gossip.members().stream()
                        .noneMatch(member -> !member.id().nodeId().equals(self)
                                && member.state().isReachable()),
                gossip.isCaughtUp(),
                gossip.syncsCompleted() > 0,
                TimeUnit.NANOSECONDS.toMillis(waitedNanos));
    }

    /** Another process that lives has this node's id. */
    private void taken(final Member incumbent) {
        end("OB_NODE_ID " + incumbent.id().nodeId() + " is taken by the node at " + incumbent.url() + " (gossip "
                + incumbent.endpoint() + "); stop that one, or start this one with another OB_NODE_ID");
    }

    /** What this node would acknowledge nobody else would ever see: it must not go on. */
    private void refused(final String why) {
        end(why + "; to let it join again as a new node, start it with an empty OB_FOLDER (now "
                + parts.config().folder() + ")");
    }

    private void end(final String message) {
        if (isClosed) {
            return;
        }
        parts.readiness().waitsFor(message);
        parts.onFatal().onFatal(message, new ConfigException(message));
    }

    /** Opened late, and perhaps while the node is being closed: then it is closed at once. */
    private <T extends AutoCloseable> T opened(final String name, final T part) {
        synchronized (closing) {
            closing.add(name, part);
            if (isClosed) {
                closing.close();
                throw new IllegalStateException("closed while starting");
            }
            return part;
        }
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
