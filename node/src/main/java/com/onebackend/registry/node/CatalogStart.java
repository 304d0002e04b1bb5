package com.onebackend.registry.node;

import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.Bootstrap;
import com.onebackend.registry.node.catalog.BootstrapDecision;
import com.onebackend.registry.node.catalog.CatalogConfig;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.CatalogTls;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
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

    CatalogStart(final Startup.Parts parts, final LateParts late) {
        this.parts = parts;
        this.late = late;
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
    CatalogService run(final BootstrapDecision decision, final Bootstrap bootstrap) throws InterruptedException {
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
        parts.members().are(catalog);
        return catalog;
    }

    private CatalogService found(final CatalogConfig config, final String clusterId) throws InterruptedException {
        final CatalogService catalog = late.opened("catalog", CatalogService.found(config));
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
        final CatalogService catalog = late.opened("catalog", CatalogService.start(config));
        if (!parts.answers().identity().everVoter()) {
            catalog.joinAsVoter(members).whenComplete((done, failure) -> {
                if (failure == null) {
                    parts.answers().becameVoter();
                } else if (!late.isClosed()) {
                    LOG.error("joining the catalog failed", failure);
                }
            });
        }
        return catalog;
    }
}
