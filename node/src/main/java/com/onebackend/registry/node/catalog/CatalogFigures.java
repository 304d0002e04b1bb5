package com.onebackend.registry.node.catalog;

import java.util.List;

/**
 * How Raft stands on this node at one moment.
 *
 * @param role this node's part in the catalog
 * @param term Raft's term; 0 on a node without a vote
 * @param lastIndex the end of this node's log, confirmed or not; 0 on a node without a vote
 * @param committedIndex what this node knows to be on a majority; on a node without a vote, what it has applied
 * @param snapshotIndex the entry of the last snapshot; negative = there is none here
 * @param voters the voters, ordered by node id
 */
public record CatalogFigures(
        Role role,
        String leaderId,
        long term,
        long appliedIndex,
        long lastIndex,
        long committedIndex,
        long snapshotIndex,
        List<Voter> voters) {
    public CatalogFigures {
        voters = List.copyOf(voters);
    }

    /** What a node is to the catalog. */
    public enum Role {
        LEADER,
        /** Votes, and follows a leader or looks for one. */
        VOTER,
        /** Has no vote; takes the log from others. */
        FOLLOWER
    }

    /**
     * One voter.
     *
     * @param silentMillis as leader: since it was heard of last, 0 for the leader itself; negative = not known here
     * @param matchIndex as leader: how far its log is; negative = not known here
     */
    public record Voter(String nodeId, long silentMillis, long matchIndex) {}

    /** True when this node leads. */
    public boolean isLeader() {
        return role == Role.LEADER;
    }

    /** How many entries the voter's log is behind the leader's; negative = not known here. */
    public long lag(final Voter voter) {
        return voter.matchIndex() < 0 ? -1 : Math.max(0, lastIndex - voter.matchIndex());
    }
}
