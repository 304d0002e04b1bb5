package com.onebackend.registry.node.catalog;

import java.util.List;

/**
 * What a source of the catalog's log answers.
 *
 * @param epoch which recovery by force the catalog goes back to, as the source knows
 * @param upTo with the entries the asker has everything up to here
 * @param entries in the log's order, each after the asker's position
 * @param needsCopy the asker is too far behind, or in another epoch: only a whole copy helps
 * @param hasMore what came after the last entry did not fit in: ask again
 * @param leaderId empty when the source knows none
 * @param voters as the source knows them
 * @param ageMillis since the source last knew that it was current
 * @param isRecovering the source is about to recover the catalog by force
 */
record FeedAnswer(
        CatalogEpoch epoch,
        long upTo,
        List<FeedEntry> entries,
        boolean needsCopy,
        boolean hasMore,
        String leaderId,
        List<CatalogPeer> voters,
        long ageMillis,
        boolean isRecovering) {
    /** A number that changes with the leader and the voters. */
    static int viewOf(final String leaderId, final List<CatalogPeer> voters) {
        return 31 * leaderId.hashCode() + voters.hashCode();
    }

    int view() {
        return viewOf(leaderId, voters);
    }
}
