package com.onebackend.registry.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * May this node be removed, and what comes first? The order is what makes it safe: out of service, without the lead,
 * without a vote, and only then out of the catalog; broken off anywhere, it can be taken up again.
 *
 * @param message why it is refused, or what is waited for; for a person
 */
record RemovalDecision(Step step, String message) {
    /** What to do next. */
    enum Step {
        /** Nothing has happened, nor will it. */
        REFUSE,
        /** Take it out of service. */
        DRAIN,
        /** It does what a drained node does by itself. */
        WAIT,
        /** Change the Raft group. */
        TAKE_VOTE,
        /** Write the removal. */
        WRITE
    }

    /**
     * What is known where the removal was asked for.
     *
     * @param isForced also a node that is alive
     * @param isLeader the node to remove leads the catalog
     * @param voters node ids; empty when they are not known yet
     * @param reachable ids of the nodes that answer, the asked one included
     */
    record Facts(
            String nodeId,
            boolean isForced,
            boolean isDrained,
            boolean isLeader,
            List<String> voters,
            Set<String> reachable) {
        boolean isAlive() {
            return reachable.contains(nodeId);
        }
    }

    static RemovalDecision of(final Facts facts) {
        final String node = facts.nodeId();
        if (facts.isAlive() && !facts.isForced()) {
            return refuse("node " + node + " is alive; stop it first, or remove it all the same with force");
        }
        if (facts.voters().isEmpty()) {
            return new RemovalDecision(Step.WAIT, "this node does not know yet who votes");
        }
        final List<String> left = new ArrayList<>(facts.voters());
        final boolean votes = left.remove(node);
        if (!isMajority(facts.voters(), facts.reachable())) {
            return refuse(withoutMajority(facts));
        }
        if (votes && !left.isEmpty() && !isMajority(left, facts.reachable())) {
            return refuse("without " + node + " the catalog would have the voters " + left + ", of which "
                    + missing(left, facts.reachable())
                    + " cannot be reached: bring those back, or remove those first, then repeat this");
        }
        if (facts.isAlive() && facts.reachable().size() == 1) {
            return refuse("node " + node
                    + " is the last one that can be reached; start another one first, or just stop this one");
        }
        return permitted(facts, votes, left.isEmpty());
    }

    private static RemovalDecision permitted(final Facts facts, final boolean votes, final boolean isOnlyVoter) {
        if (facts.isAlive() && !facts.isDrained()) {
            return new RemovalDecision(Step.DRAIN, "it is not drained yet");
        }
        if (facts.isAlive() && facts.isLeader()) {
            return new RemovalDecision(Step.WAIT, "it still leads the catalog");
        }
        if (votes && isOnlyVoter) {
            return new RemovalDecision(Step.WAIT, "no other node votes yet");
        }
        return votes
                ? new RemovalDecision(Step.TAKE_VOTE, "it still votes")
                : new RemovalDecision(Step.WRITE, "it is still in the catalog");
    }

    private static RemovalDecision refuse(final String message) {
        return new RemovalDecision(Step.REFUSE, message);
    }

    private static String withoutMajority(final Facts facts) {
        return "the catalog has no majority: of its voters " + facts.voters() + " only "
                + (facts.voters().size()
                        - missing(facts.voters(), facts.reachable()).size())
                + " can be reached. Bring back " + missing(facts.voters(), facts.reachable())
                + ", then repeat this; if they are gone for good: oo cluster recover";
    }

    private static Set<String> missing(final List<String> voters, final Set<String> reachable) {
        final Set<String> missing = new TreeSet<>(voters);
        missing.removeAll(reachable);
        return missing;
    }

    private static boolean isMajority(final List<String> voters, final Set<String> reachable) {
        return voters.stream().filter(reachable::contains).count() > voters.size() / 2;
    }
}
