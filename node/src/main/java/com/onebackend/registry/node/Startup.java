package com.onebackend.registry.node;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.Bootstrap;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapDecision;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.DrainedNode;
import com.onebackend.registry.node.catalog.FatalHandler;
import com.onebackend.registry.node.catalog.Namesake;
import com.onebackend.registry.node.catalog.RemovedNode;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.storage.RegistryStore;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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
    private static final long CHECK_MILLIS = 50;
    private static final long WATCH_MILLIS = 1_000;
    private static final long JOIN_MILLIS_MAX = 5_000;

    private final Parts parts;
    private final LateParts late = new LateParts();
    private final PeerEndpoints endpoints = new PeerEndpoints();
    private final BootstrapWire wire;
    private final FormerAddress formerAddress;
    private final OperatorInit operatorInit;
    private final Thread thread = new Thread(this::run, "startup");
    private volatile Thread enrolling;
    private volatile boolean isEnrolled;
    /** When and by whom the cluster removed this node; empty while it did not. */
    private volatile String removal = "";

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

        /** The catalog runs. */
        void are(final CatalogService running) {
            catalog = running;
        }

        /** The catalog; null until it runs. */
        CatalogService catalog() {
            return catalog;
        }

        @Override
        public List<CatalogPeer> get() {
            final CatalogService running = catalog;
            return running == null ? List.of() : running.voters();
        }
    }

    private Startup(final Parts parts) {
        this.parts = parts;
        wire = new BootstrapWire(
                parts.transports(),
                endpoints,
                parts.answers(),
                () -> CatalogService.epochOf(parts.store().catalog()));
        formerAddress = new FormerAddress(wire::ask, parts.answers(), parts.self());
        operatorInit = new OperatorInit(parts.keys(), parts.config().selfUrl(), parts.answers()::identity);
        parts.api().initsBy(operatorInit);
    }

    static Startup begin(final Parts parts) {
        final Startup startup = new Startup(parts);
        startup.thread.start();
        return startup;
    }

    @Override
    public void close() {
        late.refuse();
        parts.readiness().ends("stopping");
        end(thread);
        // Only now: the startup thread may have begun the enrolment meanwhile.
        if (enrolling != null) {
            end(enrolling);
        }
        late.close();
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
            if (!parts.answers().identity().removed().isEmpty()) {
                decommission(parts.answers().identity().removed());
                return;
            }
            parts.readiness().waitsFor("looking for the cluster");
            final boolean wasMember = !parts.answers().identity().clusterId().isEmpty();
            final NodePeers peers =
                    new NodePeers(parts.self().id(), parts.config().peers(), endpoints, parts.transports());
            final CatalogStart catalogStart = new CatalogStart(parts, late, peers);
            final Bootstrap bootstrap = bootstrap(catalogStart.raftFolder());
            operatorInit.waits(bootstrap);
            final BootstrapDecision decision = bootstrap.run();
            if (decision.kind() == BootstrapDecision.Kind.REMOVED) {
                decommission(decision.message());
                return;
            }
            // Before Raft runs: it tells the group at once where this node is now.
            final String refusal = decision.kind() == BootstrapDecision.Kind.REFUSE
                    ? decision.message()
                    : formerAddress.refusal(catalogStart.storedRecord());
            if (!refusal.isEmpty()) {
                end(refusal);
                return;
            }
            final CatalogService catalog = catalogStart.run(decision);
            catalog.onNodeRemoved(this::noteRemoval);
            catalog.removed().forEach(this::noteRemoval);
            catalog.onNodes(index -> noteDrain(catalog));
            noteDrain(catalog);
            final GossipLoop gossip =
                    new GossipStart(parts, late, endpoints, this::taken).run(decision.clusterId(), catalog);
            peers.hears(gossip);
            late.opened("removal watch", RemovalWatch.begin(peers, wire, parts.answers(), told -> removal = told));
            startEnrolment(catalog);
            final boolean hadData = wasMember || decision.kind() == BootstrapDecision.Kind.FOUND;
            watch(catalog, gossip, hadData);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final RegistryException e) {
            // A refusal: starting again changes nothing.
            if (!late.isClosed()) {
                parts.onFatal().onFatal(e.getMessage(), new ConfigException(e.getMessage()));
            }
        } catch (final RuntimeException | Error e) {
            if (!late.isClosed()) {
                parts.onFatal().onFatal("starting failed: " + e.getMessage(), e);
            }
        }
    }

    private Bootstrap bootstrap(final Path raftFolder) {
        return new Bootstrap(
                CLUSTER_NAME,
                Seeds.of(parts.config().selfUrl(), parts.config().seeds()),
                wire,
                parts.answers(),
                clusterId -> !clusterId.isEmpty()
                        && CatalogService.isStored(
                                raftFolder,
                                UUID.fromString(clusterId),
                                parts.store().catalog()),
                waiting -> parts.readiness().waitsFor("looking for the cluster: " + waiting));
    }

    /** The catalog has removed a node: perhaps this process. */
    private void noteRemoval(final RemovedNode removed) {
        if (removed.covers(
                parts.self().id(), parts.self().origin(), parts.self().generation())) {
            removal = removed.told();
        }
    }

    /**
     * The cluster has removed this node: what it would acknowledge nobody else would ever see. It serves nothing, asks
     * nobody and stays, so that whoever looks finds out why; its data stays where it is.
     *
     * <p>Where it is allowed to begin anew it ends instead, and does so at its next start.
     */
    private void decommission(final String why) {
        if (late.isClosed()) {
            return;
        }
        parts.answers().removed(why);
        if (parts.config().rejoins()) {
            final String message = why + "; it joins again as a new node at its next start";
            parts.readiness().ends(message);
            parts.onFatal().onFatal(message, new IllegalStateException(message));
            return;
        }
        final String message =
                why + "; to let it join again as a new node, restart it with OB_REJOIN=" + NodeConfig.NEW_GENERATION;
        LOG.error("this node serves nothing: {}", message);
        parts.readiness().ends(message);
        parts.api().retire();
        parts.members().are(null);
        late.refuse();
        if (enrolling != null) {
            end(enrolling);
        }
        late.close();
    }

    private void noteDrain(final CatalogService catalog) {
        final DrainedNode drained = catalog.drained(parts.self().id());
        parts.readiness()
                .drained(
                        drained == null
                                ? ""
                                : "drained" + (drained.reason().isEmpty() ? "" : " (" + drained.reason() + ")")
                                        + ": use another node; oo nodes undrain "
                                        + parts.self().id() + " takes it back");
    }

    private void startEnrolment(final CatalogService catalog) {
        final Enrolment enrolment = new Enrolment(
                catalog,
                parts.keys(),
                parts.self(),
                formerAddress,
                parts.config().adminPassword(),
                parts.config().folder());
        enrolling = new Thread(
                () -> {
                    try {
                        final String refusal = enrolment.run();
                        if (refusal.isEmpty()) {
                            isEnrolled = true;
                        } else if (!isRemoved(catalog)) {
                            end(refusal);
                        }
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (final RuntimeException | Error e) {
                        if (!late.isClosed()) {
                            parts.onFatal().onFatal("enrolment failed", e);
                        }
                    }
                },
                "enrolment");
        enrolling.start();
    }

    /** The refusal was the removal, which the watch finds by itself. */
    private boolean isRemoved(final CatalogService catalog) {
        catalog.removed().forEach(this::noteRemoval);
        return !removal.isEmpty();
    }

    /** Says when the node is ready, and retires it when the cluster has removed it; until it is closed. */
    private void watch(final CatalogService catalog, final GossipLoop gossip, final boolean hadData)
            throws InterruptedException {
        final long start = System.nanoTime();
        boolean isReady = false;
        boolean isReloading = false;
        while (true) {
            final long now = System.nanoTime();
            if (!removal.isEmpty()) {
                decommission(removal);
                return;
            }
            if (!isReady) {
                final ReadyFacts facts = facts(catalog, gossip, hadData, now - start);
                isReady = facts.isReady() && !gossip.isReloading();
                if (isReady) {
                    parts.readiness().exceptWhile(gossip::isReloading);
                    parts.readiness().ready();
                    LOG.info("ready after {} ms", TimeUnit.NANOSECONDS.toMillis(now - start));
                } else {
                    parts.readiness().waitsFor(facts.awaited());
                }
            } else if (isReloading != gossip.isReloading()) {
                isReloading = !isReloading;
                LOG.info(isReloading ? "not ready: {}" : "ready again", Readiness.RELOADING);
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

    /** Another process has this node's id. */
    private void taken(final Member other) {
        final String message = Namesake.taken(parts.self(), other);
        if (Namesake.isOutlived(parts.self(), other) && !late.isClosed()) {
            // Not the configuration: whoever starts it again makes it a member again.
            parts.readiness().waitsFor(message);
            parts.onFatal().onFatal(message, new IllegalStateException(message));
        } else {
            end(message);
        }
    }

    /** A refusal that holds for this data folder only. */
    static String asNewNode(final String why, final Path folder) {
        return why + "; to let it join again as a new node, start it with an empty OB_FOLDER (now " + folder + ")";
    }

    private void end(final String message) {
        if (late.isClosed()) {
            return;
        }
        parts.readiness().ends(message);
        parts.onFatal().onFatal(message, new ConfigException(message));
    }
}
