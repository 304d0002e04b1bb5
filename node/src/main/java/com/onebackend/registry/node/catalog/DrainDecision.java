package com.onebackend.registry.node.catalog;

import java.util.List;
import java.util.Optional;

/**
 * What a node does about its part in Raft while it is out of service: it hands the lead on, and where its absence would
 * cost the catalog its majority it gives its vote away as well. After that it can be stopped and nothing is missed.
 *
 * @param node whom it concerns; empty when it is this node itself, or nobody
 */
record DrainDecision(Kind kind, String node) {
    /** The steps. */
    enum Kind {
        /** Nothing is left to do, or nobody is there to take over. */
        NOTHING,
        /** Hand the lead to this voter. */
        TRANSFER,
        /** No voter could lead: make this one a voter. */
        PROMOTE,
        /** Have the own vote taken: of two voters one is no majority. */
        RESIGN
    }

    private static final DrainDecision NOTHING = new DrainDecision(Kind.NOTHING, "");

    /** So few voters do without none of them. */
    private static final int VOTERS_WITHOUT_SPARE = 2;

    /**
     * What this node, a voter, knows.
     *
     * @param voters how many there are, this one included
     * @param successors other voters in touch that are in service, the best first
     * @param substitutes nodes in touch that are in service and do not vote, the best first
     */
    record Facts(boolean isDrained, boolean isLeader, int voters, List<String> successors, List<String> substitutes) {}

    static DrainDecision of(final Facts facts) {
        if (!facts.isDrained()) {
            return NOTHING;
        }
        if (!facts.isLeader()) {
            final boolean isSpare = facts.voters() > VOTERS_WITHOUT_SPARE;
            return isSpare || facts.successors().isEmpty() ? NOTHING : new DrainDecision(Kind.RESIGN, "");
        }
        return first(facts.successors(), Kind.TRANSFER)
                .or(() -> first(facts.substitutes(), Kind.PROMOTE))
                .orElse(NOTHING);
    }

    private static Optional<DrainDecision> first(final List<String> nodes, final Kind kind) {
        return nodes.stream().findFirst().map(node -> new DrainDecision(kind, node));
    }
}
