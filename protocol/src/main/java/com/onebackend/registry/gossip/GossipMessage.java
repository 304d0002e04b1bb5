package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import java.util.List;

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
        REPORT,
        HEARTBEATS,
        HEARTBEAT_ACK,
        PULSE
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

    /**
     * Signs of life of instances, from a node that took them to the owner. By stream; answered by {@link HeartbeatAck}.
     *
     * @param owner whose log the versions are of; a node with another one knows none of them
     * @param sequence chosen by the sender, rising
     * @param versions the owner's versions that make it the owner, ascending; empty when only an answer is wanted
     */
    record Heartbeats(MemberId from, Origin owner, long sequence, List<Long> versions) implements GossipMessage {
        public Heartbeats {
            versions = List.copyOf(versions);
        }

        @Override
        public Type type() {
            return Type.HEARTBEATS;
        }
    }

    /**
     * The owner has taken the heartbeats of a batch.
     *
     * @param unknown versions that are not its word on an instance it owns, ascending: the sender looks them up again
     */
    record HeartbeatAck(MemberId from, long sequence, List<Long> unknown) implements GossipMessage {
        public HeartbeatAck {
            unknown = List.copyOf(unknown);
        }

        @Override
        public Type type() {
            return Type.HEARTBEAT_ACK;
        }
    }

    /**
     * Which of its instances gave an owner a sign of life since its last pulse. To every reachable member, by stream;
     * not answered. A receiver whose copy of its log is another one drops it.
     *
     * @param origin whose pulse it is: the sender's, unless somebody hands it on
     * @param maxVersion where its log stood
     * @param setHash what its live entries hashed to
     * @param afterVersion the bits start with the first live entry after this version
     * @param seen one bit for each live entry but tombstones, in the order of the versions
     */
    record Pulse(MemberId from, Origin origin, long maxVersion, long setHash, long afterVersion, Bits seen)
            implements GossipMessage {
        @Override
        public Type type() {
            return Type.PULSE;
        }
    }
}
