package com.onebackend.registry.node.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the {@link Autopilot} decides by: the cluster as its leader sees it at one moment. Times are {@link
 * System#nanoTime}.
 *
 * @param self the leader
 * @param leaderSinceNanos since when it leads
 * @param voters the voters of Raft's configuration, this node included, ordered by node id
 * @param nodes the catalog's nodes, dead ones included, ordered by node id
 * @param surplusSinceNanos since when there are more voters than wanted or an even number of them; empty when there
 *     are not
 * @param lastChangeNanos when a vote was taken away last, as this leader knows; empty when it was not
 * @param isChanging a change is under way
 */
record AutopilotView(
        long nowNanos,
        String self,
        long leaderSinceNanos,
        List<Voter> voters,
        List<Node> nodes,
        Optional<Long> surplusSinceNanos,
        Optional<Long> lastChangeNanos,
        boolean isChanging) {
    AutopilotView {
        voters = List.copyOf(voters);
        nodes = List.copyOf(nodes);
    }

    /**
     * A voter.
     *
     * @param zone where it is; empty when that is not known
     * @param isReachable by the membership; it may be a node that the catalog does not know yet
     * @param silentNanos how long Raft has not heard of it; 0 = the leader itself
     * @param isDrained it shall get no work
     */
    record Voter(String id, String zone, boolean isReachable, long silentNanos, boolean isDrained) {}

    /**
     * A node of the catalog, voter or not.
     *
     * @param stableNanos how long it has been reachable without a break
     * @param lagEntries how far it is behind the log; {@link #LAG_UNKNOWN}
     * @param heldBack why it does not become a voter now, for instance because it refused lately; empty when it may
     */
    record Node(
            String id,
            String zone,
            boolean isReachable,
            long stableNanos,
            long lagEntries,
            boolean isDrained,
            String heldBack) {
        /** Nobody has asked it yet. */
        static final long LAG_UNKNOWN = -1;
    }

    /** How many voters a cluster of so many nodes shall have: what they cost grows with them, what they add does not. */
    static int target(final int nodes) {
        if (nodes <= 2) {
            return 1;
        }
        if (nodes <= 6) {
            return 3;
        }
        return nodes <= 14 ? 5 : 7;
    }

    int target() {
        return target(nodes.size());
    }

    Set<String> voterIds() {
        return voters.stream().map(Voter::id).collect(Collectors.toSet());
    }

    /** How many voters there are in each zone that has voters. */
    Map<String, Integer> votersByZone() {
        final Map<String, Integer> zones = new TreeMap<>();
        voters.forEach(voter -> zones.merge(voter.zone(), 1, Integer::sum));
        return zones;
    }
}
