package com.onebackend.registry.node.catalog;

import com.onebackend.registry.storage.CatalogStore;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a {@link CatalogService} needs.
 *
 * @param raftFolder where the Raft log and snapshots live; on the same data folder as the store
 * @param clusterId the Raft group
 * @param self this node: peer id and the address the others dial
 * @param bindHost the local address the Raft port listens at
 * @param tls null = plain text, for tests only
 * @param store the rows; closed by its owner, after the service
 * @param onFatal ends the process
 * @param snapshots how often the log is cut
 */
public record CatalogConfig(
        Path raftFolder,
        UUID clusterId,
        CatalogPeer self,
        String bindHost,
        CatalogTls tls,
        CatalogStore store,
        FatalHandler onFatal,
        Snapshots snapshots) {
    /**
     * When snapshots are taken, and what stays of the log.
     *
     * @param everyEntries a snapshot after so many entries
     * @param keptEntries so many entries before a snapshot stay, for followers that are a little behind
     */
    public record Snapshots(long everyEntries, long keptEntries) {
        /** For production. */
        public static final Snapshots DEFAULT = new Snapshots(10_000, 10_000);
    }
}
