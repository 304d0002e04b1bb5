package com.onebackend.registry.node;

import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gateway.GatewayConfig;
import com.onebackend.registry.gateway.GatewayServer;
import com.onebackend.registry.membership.Membership;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.FatalHandler;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.node.resources.ResourceSampler;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.RegistryStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: one node with everything it consists of.
 *
 * <p><i>Lifecycle:</i> {@link #start} opens the folder and every port, so that what cannot work is said at once;
 * finding the cluster goes on in the background, visible at {@code /health}. {@link #close} ends in the reverse order,
 * storage last.
 *
 * <p><i>Thread:</i> start and close on the main thread and the shutdown hook.
 */
public final class RegistryNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryNode.class);
    private static final int BOOTSTRAP_REQUESTS_MAX = 64;
    private static final int ADMIN_PASSWORD_CHARS_MIN = 10;

    private final CloseOrder closing;
    private final GracefulStop stop;
    private final int httpPort;

    private RegistryNode(final CloseOrder closing, final GracefulStop stop, final int httpPort) {
        this.closing = closing;
        this.stop = stop;
        this.httpPort = httpPort;
    }

    /**
     * Starts a node.
     *
     * @param onFatal told when the node cannot go on
     * @throws ConfigException the configuration cannot be used
     * @throws com.onebackend.registry.storage.StorageException the data folder cannot be used
     */
    static RegistryNode start(final NodeConfig config, final FatalHandler onFatal) {
        final CloseOrder closing = new CloseOrder();
        try {
            return start(config, onFatal, closing);
        } catch (final RuntimeException | Error e) {
            closing.close();
            throw e;
        }
    }

    private static RegistryNode start(final NodeConfig config, final FatalHandler onFatal, final CloseOrder closing) {
        final RegistryStore store = closing.add("storage", Rejoin.open(config));
        final NodeIdentity identity =
                NodeIdentities.next(store.identity().load(), config, System.currentTimeMillis(), new SecureRandom());
        store.identity().save(identity);
        warnOfWeakSettings(config, identity);
        final ClusterKeys keys = ClusterKeys.derive(
                config.clusterSecret().isEmpty()
                        ? SecretFile.readOrMake(config.folder().resolve("cluster-secret"))
                        : config.clusterSecret());
        refuseTakenPort(config.bindHost(), config.raftPort(), "OB_RAFT_PORT");

        final Startup.Members members = new Startup.Members();
        final BootstrapAnswers answers = new BootstrapAnswers(
                store.identity(), new SecureRandom().nextLong(), Seeds.of(config.selfUrl(), config.seeds()), members);
        final GossipTransports transports =
                closing.add("transports", new GossipTransports(identity.nodeId(), keys, List.of(config.host())));
        bindGossip(config, closing, new PeerRequests(answers, members::catalog), transports);

        final NodeRecord self = record(config, identity);
        refuseTooLong(self, config);
        final Directory directory = new Directory();
        final Readiness readiness = new Readiness();
        final NodeApi api = new NodeApi(self, directory, keys, readiness);
        final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        final GatewayServer gateway = startGateway(config, api, metrics);
        LOG.info(
                "node id={} url={} origin={} generation={}",
                self.id(),
                self.url(),
                self.origin(),
                self.generation().value());
        closing.add(
                "startup",
                Startup.begin(new Startup.Parts(
                        config,
                        store,
                        keys,
                        answers,
                        members,
                        transports,
                        self,
                        directory,
                        api,
                        readiness,
                        metrics,
                        onFatal)));
        // Closed first: requests under way are answered while everything below still runs.
        closing.add("gateway", gateway);
        final GracefulStop stop = new GracefulStop(
                config.stopDelay(), readiness, members::catalog, () -> isAnyoneElse(api.nodes(), self.id()));
        return new RegistryNode(closing, stop, gateway.port());
    }

    /** Where the door listens. */
    int httpPort() {
        return httpPort;
    }

    private static boolean isAnyoneElse(final List<NodeView> nodes, final String self) {
        return nodes.stream()
                .anyMatch(
                        node -> !node.record().id().equals(self) && node.state().isReachable());
    }

    /** Ends without anybody noticing: sends clients elsewhere first. Bounded by the stop delay and the drain time. */
    void stop() {
        stop.run();
        close();
    }

    @Override
    public void close() {
        closing.close();
    }

    private static void bindGossip(
            final NodeConfig config,
            final CloseOrder closing,
            final PeerRequests requests,
            final GossipTransports transports) {
        final ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(BOOTSTRAP_REQUESTS_MAX),
                task -> new Thread(task, "bootstrap-answers"));
        closing.add("bootstrap answers", executor::shutdownNow);
        try {
            transports.bind(config.bindHost(), config.gossipPort(), requests, executor);
        } catch (final IOException e) {
            throw new ConfigException("cannot listen at the gossip port " + config.gossipPort() + ": " + e.getMessage()
                    + "; stop what uses it, or set OB_GOSSIP_PORT");
        }
    }

    private static GatewayServer startGateway(
            final NodeConfig config, final NodeApi api, final PrometheusMeterRegistry metrics) {
        try {
            return GatewayServer.start(GatewayConfig.at(config.bindHost(), config.httpPort()), api, metrics);
        } catch (final IOException e) {
            throw new ConfigException("cannot listen at the HTTP port: " + e.getMessage());
        }
    }

    private static NodeRecord record(final NodeConfig config, final NodeIdentity identity) {
        return new NodeRecord(
                identity.nodeId(),
                identity.origin(),
                identity.generation(),
                config.selfUrl(),
                config.region(),
                config.availabilityZone(),
                config.gossipPort(),
                config.raftPort(),
                ResourceSampler.hostFacts());
    }

    /** Every member tells every other one of this node, in datagrams. */
    static void refuseTooLong(final NodeRecord self, final NodeConfig config) {
        if (!Membership.isGossipable(GossipStart.member(self, config.host()))) {
            throw new ConfigException("OB_NODE_ID " + self.id() + " and OB_SELF_URL " + self.url()
                    + " are too long together to be told to the others: shorten one of them");
        }
    }

    private static void warnOfWeakSettings(final NodeConfig config, final NodeIdentity identity) {
        if (config.nodeId().isEmpty()) {
            LOG.warn("OB_NODE_ID is not set: this node is called {} as long as its folder is kept", identity.nodeId());
        }
        if (!config.adminPassword().isEmpty() && config.adminPassword().length() < ADMIN_PASSWORD_CHARS_MIN) {
            LOG.warn("OB_ADMIN_PASSWORD is shorter than {} characters: it can be guessed", ADMIN_PASSWORD_CHARS_MIN);
        }
        if (config.bindHost().startsWith("127.") || config.host().equalsIgnoreCase("localhost")) {
            LOG.warn("OB_SELF_URL {} can be reached from this machine only", config.selfUrl());
        }
    }

    /** At port 0 only the address itself can be wrong. */
    private static void refuseForeignAddress(final String host) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(host, 0));
        } catch (final IOException e) {
            throw new ConfigException(
                    host + " is no address of this machine (" + e.getMessage() + "): correct OB_BIND_HOST");
        }
    }

    /** Raft would find out much later, when the node has been promised to a cluster. */
    private static void refuseTakenPort(final String host, final int port, final String setting) {
        refuseForeignAddress(host);
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        } catch (final IOException e) {
            throw new ConfigException("cannot listen at port " + port + " of " + host + ": " + e.getMessage()
                    + "; stop what uses it, or set " + setting);
        }
    }
}
