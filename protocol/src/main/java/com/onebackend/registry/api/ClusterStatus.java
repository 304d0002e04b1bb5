package com.onebackend.registry.api;

import com.onebackend.registry.model.Member;
import java.util.List;

/**
 * How this node and its cluster stand.
 *
 * @param clusterId empty until the node belongs to a cluster
 * @param leader node id of the Raft leader this node follows; empty when none is known
 * @param appliedIndex last catalog entry applied here
 * @param ready this node answers in full
 * @param reason why it is not ready, for a person; empty when it is
 * @param warnings what works, but not as it should, and what to do; one sentence each
 * @param voters node ids of the Raft voters
 */
public record ClusterStatus(
        String clusterId,
        String nodeId,
        String url,
        int gossipPort,
        int raftPort,
        String leader,
        long appliedIndex,
        boolean ready,
        String reason,
        List<String> warnings,
        List<String> voters,
        List<Member> members) {
    public ClusterStatus {
        warnings = List.copyOf(warnings);
        voters = List.copyOf(voters);
        members = List.copyOf(members);
    }

    /**
     * The catalog as one node sees it, with what the leader told when it was asked.
     *
     * @param epoch how often it was recovered by force
     * @param group the Raft group
     * @param role of the node that answers: 'leader', 'voter', 'follower', or 'none' before it
     *     belongs to a cluster
     * @param leader empty when none is known
     * @param leaderUrl empty when that is not known
     * @param term Raft's; 0 = not known
     * @param appliedIndex the last entry applied on the node that answers
     * @param committedIndex the last entry that a majority has, as the leader says; {@link #UNKNOWN}
     * @param ageMillis since the node that answers last knew that it has everything; {@link #UNKNOWN}
     * @param problem why the leader's figures are missing; empty when they are not
     * @param nodes the nodes of the catalog
     */
    public record Catalog(
            int epoch,
            String group,
            String role,
            String leader,
            String leaderUrl,
            long term,
            long appliedIndex,
            long committedIndex,
            long ageMillis,
            String problem,
            List<Voter> voters,
            List<Node> nodes,
            Autopilot autopilot) {
        /** A figure nobody knows. */
        public static final long UNKNOWN = -1;

        /** Before the node belongs to a cluster. */
        public static final Catalog NONE = new Catalog(
                0,
                "",
                "none",
                "",
                "",
                0,
                0,
                UNKNOWN,
                UNKNOWN,
                "",
                List.of(),
                List.of(),
                new Autopilot("", "", 0, "", 0));

        public Catalog {
            voters = List.copyOf(voters);
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * A voter of the catalog.
     *
     * @param reachable by this node's membership
     * @param lastContactMillis since the leader heard of it; {@link Catalog#UNKNOWN}
     * @param lag how many entries its log is behind the leader's; {@link Catalog#UNKNOWN}
     */
    public record Voter(String id, String zone, boolean reachable, long lastContactMillis, long lag, boolean leader) {}

    /**
     * A node of the catalog.
     *
     * @param role 'leader', 'voter' or 'follower'
     * @param lag how many entries it had not applied when the leader asked it; {@link Catalog#UNKNOWN}
     * @param drained it shall get no work
     */
    public record Node(String id, String url, String zone, boolean reachable, String role, long lag, boolean drained) {}

    /**
     * What the leader's autopilot does about the voters. Times are milliseconds since 1970, 0 = never.
     *
     * @param by the leader that says so; empty when none could be asked
     * @param plan what it does, or why it does nothing, as one sentence
     * @param lastChange its last change and how that ended; empty when this leader made none
     */
    public record Autopilot(String by, String plan, long sinceMillis, String lastChange, long lastChangeMillis) {}
}
