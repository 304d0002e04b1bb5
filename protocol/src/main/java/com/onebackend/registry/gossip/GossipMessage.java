package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
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
        RELAYED
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
     * @param body what everybody is to know: a push or a report; its {@code from} is its author, of a push the sender
     */
    record Relayed(MemberId from, long until, GossipMessage body) implements GossipMessage {
        @Override
        public Type type() {
            return Type.RELAYED;
        }

        /** True for the kinds of messages that may travel this way. */
        public static boolean carries(final GossipMessage body) {
            return body.type() == Type.REPORT
                    || (body instanceof Log log && log.message().type() == LogMessage.Type.PUSH);
        }
    }
}
