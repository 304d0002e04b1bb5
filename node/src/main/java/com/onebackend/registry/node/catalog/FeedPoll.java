package com.onebackend.registry.node.catalog;

/**
 * The question of a node that follows the catalog's log: what comes after my position?
 *
 * @param epoch which recovery by force the catalog goes back to, as the asker knows
 * @param applied the asker has every entry up to here
 * @param waitMillis how long the answer may wait for something new
 * @param view {@link FeedAnswer#viewOf} of the leader and voters the asker knows
 */
record FeedPoll(CatalogEpoch epoch, long applied, int waitMillis, int view) {}
