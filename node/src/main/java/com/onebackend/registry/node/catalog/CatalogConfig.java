package com.onebackend.registry.node.catalog;

import com.onebackend.registry.storage.CatalogStore;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a {@link CatalogService} needs.
 *
 * @param raftFolder where the Raft log and snapshots live; on the same data folder as the store
 * @param clusterId the cluster; the Raft group follows from it, see {@link #groupId}
 * @param self this node: peer id and the address the others dial
 * @param bindHost the local address the Raft port listens at
 * @param tls null = plain text, for tests only
 * @param store the rows; closed by its owner, after the service
 * @param peers the other nodes, for what does not go by Raft
 * @param memory remembers over restarts whether this node votes
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
        FeedPeers peers,
        VoteMemory memory,
        FatalHandler onFatal,
        Snapshots snapshots) {
    /** The Raft group of the catalog in this epoch. */
    UUID groupId(final CatalogEpoch epoch) {
        return epoch.groupId(clusterId);
    }

    /** Where that group's log and snapshots are. */
    Path groupFolder(final CatalogEpoch epoch) {
        return raftFolder.resolve(groupId(epoch).toString());
    }

    /** Where copies of the catalog are put together. */
    Path copiesFolder() {
        return raftFolder.resolveSibling(raftFolder.getFileName() + "-copies");
    }

    /**
     * When snapshots are taken, and what stays of the log.
     *
     * @param everyEntries a snapshot after so many entries
     * @param keptEntries so many entries before a snapshot stay, for followers that are a little behind
     */
    public record Snapshots(long everyEntries, long keptEntries) {
        /** Unless something else is set. */
        public static final Snapshots DEFAULT = every(10_000);

        /** A snapshot after so many entries, and as many kept. */
        public static Snapshots every(final int entries) {
            return new Snapshots(entries, entries);
        }
    }
}
