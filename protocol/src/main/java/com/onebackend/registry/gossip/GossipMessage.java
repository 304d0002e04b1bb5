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
        REPORTS_ASKED,
        REPORT_BATCH,
        RELAYED,
        HEARTBEATS,
        HEARTBEAT_ACK,
        PULSE
    }

    /**
     * Membership.
     *
     * @param digestHash one number over the sender's whole instance vector, so that divergence shows at once
     * @param acked how much of the receiver's log the sender has on its disk
     * @param watermark up to which version the tombstones of the sender's own log may be collected
     * @param wallMillis the sender's wall clock when it sent this; 0 = not said
     */
    record Swim(MemberId from, long digestHash, Acked acked, long watermark, long wallMillis, SwimMessage message)
            implements GossipMessage {
        /** Without acknowledgement, watermark and clock. */
        public Swim(final MemberId from, final long digestHash, final SwimMessage message) {
            this(from, digestHash, Acked.NOTHING, 0, 0, message);
        }

        @Override
        public Type type() {
            return Type.SWIM;
        }
    }

    /**
     * All of an origin's log up to a version is on the sender's disk.
     *
     * @param origin the log's: a receiver that lost its disk must not take it for its new one's
     */
    record Acked(Origin origin, long version) {
        /** Nothing is said. */
        public static final Acked NOTHING = new Acked(new Origin(0), 0);
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

    /** A node that lacks many reports to one that may have them. Answered by {@link ReportBatch}. */
    record ReportsAsked(MemberId from) implements GossipMessage {
        @Override
        public Type type() {
            return Type.REPORTS_ASKED;
        }
    }

    /** The latest reports of many nodes, from one that holds them; in several messages when there are many. */
    record ReportBatch(MemberId from, List<NodeReport> reports) implements GossipMessage {
        public ReportBatch {
            reports = List.copyOf(reports);
        }

        @Override
        public Type type() {
            return Type.REPORT_BATCH;
        }
    }

    /**
     * A message for everybody, handed to one member that passes it on to a part of the others; see {@link RelayTree}.
     * Not answered.
     *
     * @param until the receiver sees to those who stand after it in the circle, before this position
     * @param body what everybody is to know: a push, a report or a pulse; its {@code from} is its author, of a push the
     *     sender
     */
    record Relayed(MemberId from, long until, GossipMessage body) implements GossipMessage {
        @Override
        public Type type() {
            return Type.RELAYED;
        }

        /** True for the kinds of messages that may travel this way. */
        public static boolean carries(final GossipMessage body) {
            return body.type() == Type.REPORT
                    || body.type() == Type.PULSE
                    || (body instanceof Log log && log.message().type() == LogMessage.Type.PUSH);
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
