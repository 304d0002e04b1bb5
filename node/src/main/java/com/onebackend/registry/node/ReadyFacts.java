package com.onebackend.registry.node;

/**
 * What decides whether this node answers like the others.
 *
 * @param hasAccounts the catalog has reached this node far enough to let anybody in
 * @param isEnrolled the majority has taken this process into the catalog
 * @param hadData this node was a member before it started, or has just founded the cluster: it need not ask others for
 *     what there is
 * @param expectsOthers the configuration or the catalog names other nodes
 * @param isAlone no other node can be reached
 * @param isCaughtUp all that were to be asked for what is lacking here have answered, and one of them had everything;
 *     or every reachable node has said that it is as new as this one. Of more than eight not everybody is asked
 * @param hasSynced at least one has answered in full, and be it one that is as new as this one
 * @param waitedMillis since the catalog started
 */
record ReadyFacts(
        boolean hasAccounts,
        boolean isEnrolled,
        boolean hadData,
        boolean expectsOthers,
        boolean isAlone,
        boolean isCaughtUp,
        boolean hasSynced,
        long waitedMillis) {
    /** A node that has its data answers after so long even without a majority, or all alone. */
    static final long WITH_DATA_MILLIS = 5_000;

    /** An empty node does not wait longer for a peer that is there and does not answer, when another has. */
    static final long EMPTY_MILLIS = 60_000;

    /**
     * Discovery goes on without a majority, so a node that comes back answers alone when it must. An empty node never
     * does: it would say that there are no instances.
     */
    boolean isReady() {
        final boolean isSynced = isCaughtUp || (isAlone && !expectsOthers);
        final boolean isPatient = waitedMillis >= (hadData ? WITH_DATA_MILLIS : EMPTY_MILLIS);
        final boolean isGoodEnough = isSynced || hasSynced || (isAlone && hadData);
        return hasAccounts && ((isEnrolled && isSynced) || (isPatient && isGoodEnough));
    }

    /** What a node waits for that is not ready, for a person. */
    String awaited() {
        return "catching up with the " + (hasAccounts && isEnrolled ? "instances" : "catalog");
    }
}
