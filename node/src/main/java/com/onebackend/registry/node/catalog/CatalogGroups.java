package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Invariants;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Which Raft group keeps a cluster's catalog. A catalog that was recovered by force goes on in another group, so that
 * voters of the one before, should they ever return, cannot be a majority of anything.
 */
final class CatalogGroups {
    private CatalogGroups() {}

    /**
     * The group's id, the same at every node.
     *
     * @param epoch how often the catalog was recovered by force
     */
    static UUID idOf(final UUID clusterId, final int epoch) {
        Invariants.check(epoch >= 0, "the catalog's epoch is negative");
        return epoch == 0
                ? clusterId
                : UUID.nameUUIDFromBytes((clusterId + "/" + epoch).getBytes(StandardCharsets.UTF_8));
    }
}
