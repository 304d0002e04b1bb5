package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.replication.LogMessage;

/** Everything one node sends another; one message per datagram or stream frame. */
public sealed interface GossipMessage {
    /** Who sends it. */
    MemberId from();

    /** Which message this is, for an exhaustive switch. */
    Type type();

    /** One constant per message record. */
    enum Type {
        SWIM,
        LOG,
        REPORT
    }

    /**
     * Membership.
     *
     * @param digestHash one number over the sender's whole instance vector, so that divergence shows at once
     */
    record Swim(MemberId from, long digestHash, SwimMessage message) implements GossipMessage {
        @Override
        public Type type() {
            return Type.SWIM;
        }
    }

    /** Instances. */
    record Log(MemberId from, LogMessage message) implements GossipMessage {
        @Override
        public Type type() {
            return Type.LOG;
        }
    }

    /** A node's own state, from the node itself. Not answered. */
    record Report(MemberId from, NodeReport report) implements GossipMessage {
        @Override
        public Type type() {
            return Type.REPORT;
        }
    }
}
