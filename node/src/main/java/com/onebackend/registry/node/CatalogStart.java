package com.onebackend.registry.node;

import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.BootstrapDecision;
import com.onebackend.registry.node.catalog.CatalogConfig;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.CatalogTls;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the catalog, as a node that founds the cluster, joins it, or comes back.
 *
 * <p><i>Thread:</i> the startup thread.
 */
final class CatalogStart {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogStart.class);
    private static final Duration FOUNDING_WAIT = Duration.ofSeconds(30);

    private final Startup.Parts parts;
    private final LateParts late;
    private final NodePeers peers;

    CatalogStart(final Startup.Parts parts, final LateParts late, final NodePeers peers) {
        this.parts = parts;
        this.late = late;
        this.peers = peers;
    }

    /** Where Raft keeps its logs; a folder in it for each cluster. */
    Path raftFolder() {
        return parts.config().folder().resolve("raft");
    }

    /** What the catalog on this disk says of this node; null when it says nothing. */
    NodeRecord storedRecord() {
        final byte[] row =
                parts.store().catalog().read(CatalogSection.NODE, parts.self().id());
        return row == null ? null : RecordCodec.decodeNode(row);
    }

    /** Returns when the catalog runs; a node that was to found the cluster leads it then. */
    CatalogService run(final BootstrapDecision decision) throws InterruptedException {
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
                peers,
                parts.answers(),
                parts.onFatal(),
                CatalogConfig.Snapshots.every(config.snapshotEntries()));
        final CatalogService catalog = decision.kind() == BootstrapDecision.Kind.FOUND
                ? found(catalogConfig, decision.clusterId())
                : start(catalogConfig, decision.clusterId());
        peers.knows(catalog);
        parts.members().are(catalog);
        return catalog;
    }

    private CatalogService found(final CatalogConfig config, final String clusterId) throws InterruptedException {
        final CatalogService catalog = late.opened("catalog", CatalogService.found(config));
        // The cluster exists once its first node leads it; a crash before that founds the same one again.
        while (!catalog.awaitReady(FOUNDING_WAIT)) {
            LOG.warn("founding takes longer than {} s", FOUNDING_WAIT.toSeconds());
        }
        parts.answers().founded(clusterId);
        return catalog;
    }

    /** A voter comes back as what it is; who never was one, or is none any more, follows the log. */
    private CatalogService start(final CatalogConfig config, final String clusterId) {
        parts.answers().belongsTo(clusterId);
        return late.opened(
                "catalog",
                parts.answers().identity().everVoter() ? CatalogService.start(config) : CatalogService.follow(config));
    }
}
