package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The latest report of every node about itself.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a report is replaced only by a newer one of the same node.
 */
final class Reports {
    private final MemberId selfId;
    private final Map<String, NodeReport> latest = new TreeMap<>();
    private NodeReport own;
    private long sequence;

    Reports(final MemberId selfId) {
        this.selfId = selfId;
    }

    /** This node's resources were sampled: tell the others. */
    void sampled(
            final NodeUsage usage, final List<Gpu> gpus, final List<Member> peers, final Now now, final Effects out) {
        own = new NodeReport(selfId, ++sequence, now.wallMillis(), usage, gpus);
        latest.put(selfId.nodeId(), own);
        out.reported(own);
        final GossipMessage message = new GossipMessage.Report(selfId, own);
        peers.forEach(peer -> out.send(peer.endpoint(), Lane.STREAM, message));
    }

    /** A member's report arrived. */
    void receive(final NodeReport report, final Effects out) {
        if (report.isNewerThan(latest.get(report.from().nodeId()))) {
            latest.put(report.from().nodeId(), report);
            out.reported(report);
        }
    }

    /** A member is new, or back: it gets what it missed. */
    void appeared(final Endpoint at, final Effects out) {
        if (own != null) {
            out.send(at, Lane.STREAM, new GossipMessage.Report(selfId, own));
        }
    }

    /** The node was removed. */
    void forget(final String nodeId) {
        latest.remove(nodeId);
    }
}
