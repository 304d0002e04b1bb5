package com.onebackend.registry.node.catalog;

import com.google.protobuf.InvalidProtocolBufferException;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.v1.LeaderStatusMsg;
import com.onebackend.registry.wire.v1.LeaderStatusRequestMsg;
import com.onebackend.registry.wire.v1.NodePositionMsg;
import com.onebackend.registry.wire.v1.VoterStatusMsg;
import java.util.List;

/**
 * What only the leader of the catalog knows, for people.
 *
 * @param leads false = the node that says so does not lead
 * @param committed the last entry that a majority has
 * @param positions how far other nodes are, as far as they were asked lately
 */
public record LeaderStatus(
        String nodeId,
        boolean leads,
        long term,
        long committed,
        List<Voter> voters,
        List<NodePosition> positions,
        AutopilotReport autopilot) {
    private static final int POSITIONS_MAX = 512;

    public LeaderStatus {
        voters = List.copyOf(voters);
        positions = List.copyOf(positions.subList(0, Math.min(positions.size(), POSITIONS_MAX)));
    }

    /**
     * A voter as the leader sees it.
     *
     * @param silentMillis since it was heard of; negative = not known
     * @param lag entries that its log is behind; negative = not known
     */
    public record Voter(String nodeId, long silentMillis, long lag) {}

    static byte[] encodeRequest() {
        final byte[] empty = LeaderStatusRequestMsg.getDefaultInstance().toByteArray();
        final byte[] request = new byte[1 + empty.length];
        request[0] = FeedCodec.STATUS;
        return request;
    }

    byte[] encode() {
        final LeaderStatusMsg.Builder message = LeaderStatusMsg.newBuilder()
                .setNodeId(nodeId)
                .setLeads(leads)
                .setTerm(term)
                .setCommitted(Math.max(0, committed))
                .setPlan(autopilot.plan())
                .setPlanMillis(autopilot.planMillis())
                .setChange(autopilot.change())
                .setChangeMillis(autopilot.changeMillis());
        voters.forEach(voter -> message.addVoters(VoterStatusMsg.newBuilder()
                .setNodeId(voter.nodeId())
                .setSilentMillis(voter.silentMillis())
                .setLag(voter.lag())));
        positions.forEach(position -> message.addPositions(NodePositionMsg.newBuilder()
                .setNodeId(position.nodeId())
                .setApplied(position.applied())
                .setLag(position.lag())));
        return message.build().toByteArray();
    }

    static LeaderStatus decode(final byte[] bytes) {
        try {
            final LeaderStatusMsg message = LeaderStatusMsg.parseFrom(bytes);
            return new LeaderStatus(
                    message.getNodeId(),
                    message.getLeads(),
                    message.getTerm(),
                    message.getCommitted(),
                    message.getVotersList().stream()
                            .map(voter -> new Voter(voter.getNodeId(), voter.getSilentMillis(), voter.getLag()))
                            .toList(),
                    message.getPositionsList().stream()
                            .map(at -> new NodePosition(at.getNodeId(), at.getApplied(), at.getLag()))
                            .toList(),
                    new AutopilotReport(
                            message.getLeads(),
                            message.getPlan(),
                            message.getPlanMillis(),
                            message.getChange(),
                            message.getChangeMillis()));
        } catch (final InvalidProtocolBufferException e) {
            throw new WireException("the leader's status does not parse", e);
        }
    }
}
