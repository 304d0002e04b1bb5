package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;

/** What another running process with this node's id means for this one, in words for the operator. Pure. */
public final class Namesake {
    private Namesake() {}

    /**
     * Weighs what somebody answered who was asked who it is.
     *
     * @param own what this process itself would answer
     * @return why this process must not run beside that one; empty when it may
     */
    public static String refusal(final Answer own, final String url, final Answer answer) {
        if (!answer.nodeId().equals(own.nodeId()) || answer.process() == own.process()) {
            return "";
        }
        return answer.origin().equals(own.origin())
                ? copyOf(answer.nodeId(), url)
                : "another running node, " + url + ", has the id " + own.nodeId()
                        + "; give this one its own OB_NODE_ID";
    }

    /** The same of one that lives where this node once was; a node of another cluster may have moved in there. */
    public static String refusalAtFormerAddress(final Answer own, final String url, final Answer answer) {
        final boolean isOurs =
                answer.origin().equals(own.origin()) || answer.clusterId().equals(own.clusterId());
        return isOurs ? refusal(own, url, answer) : "";
    }

    /** Why this process ends to which gossip said that {@code other} has its node id. */
    public static String taken(final NodeRecord self, final Member other) {
        if (!other.id().origin().equals(self.origin())) {
            return "OB_NODE_ID " + self.id() + " is taken by the node at " + place(other)
                    + "; stop that one, or start this one with another OB_NODE_ID";
        }
        return isOutlived(self, other)
                ? "node " + self.id() + " was started from a copy of this data folder, or from this one, at "
                        + place(other) + ", and that process has ended; nobody takes what this one writes until it is"
                        + " started again"
                : copyOf(self.id(), place(other))
                        + "; that one was started later, and nobody takes what this one writes";
    }

    /**
     * True when {@code other}, of the same data folder, was started later and is gone: then a new start of this node is
     * all it takes, since it is believed again in a later generation.
     */
    public static boolean isOutlived(final NodeRecord self, final Member other) {
        return other.id().origin().equals(self.origin()) && !other.state().isReachable();
    }

    private static String copyOf(final String nodeId, final String where) {
        return "this data folder is a copy of that of node " + nodeId + ", which runs at " + where
                + "; start it with an empty OB_FOLDER and its own OB_NODE_ID, or stop the other";
    }

    private static String place(final Member other) {
        return (other.url().isEmpty() ? "" : other.url() + " ") + "(gossip " + other.endpoint() + ")";
    }
}
