package com.onebackend.registry.node.catalog;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.statemachine.SnapshotInfo;

/** Reads {@link CatalogFigures} off a Raft server. <i>Thread:</i> any. */
final class RaftFigures {
    private static final long UNKNOWN = -1;

    private RaftFigures() {}

    static CatalogFigures of(final RaftServer.Division division, final boolean isVoter) {
        final DivisionInfo info = division.getInfo();
        final RaftLog log = division.getRaftLog();
        final boolean isLeader = info.isLeader();
        final String self = division.getMemberId().getPeerId().toString();
        final long lastIndex = Math.max(0, lastIndex(log));
        final Map<String, CatalogFigures.Voter> heard = isLeader ? followers(info) : Map.of();
        final List<CatalogFigures.Voter> voters = division.getRaftConf().getCurrentPeers().stream()
                .map(peer -> peer.getId().toString())
                .map(id -> isLeader && id.equals(self)
                        ? new CatalogFigures.Voter(id, 0, lastIndex)
                        : heard.getOrDefault(id, new CatalogFigures.Voter(id, UNKNOWN, UNKNOWN)))
                .sorted(Comparator.comparing(CatalogFigures.Voter::nodeId))
                .toList();
        final SnapshotInfo snapshot = division.getStateMachine().getLatestSnapshot();
        return new CatalogFigures(
                isLeader
                        ? CatalogFigures.Role.LEADER
                        : isVoter ? CatalogFigures.Role.VOTER : CatalogFigures.Role.FOLLOWER,
                info.getLeaderId() == null ? "" : info.getLeaderId().toString(),
                info.getCurrentTerm(),
                info.getLastAppliedIndex(),
                lastIndex,
                log.getLastCommittedIndex(),
                snapshot == null ? UNKNOWN : snapshot.getIndex(),
                voters);
    }

    private static long lastIndex(final RaftLog log) {
        try {
            return log.getNextIndex() - 1;
        } catch (final IllegalStateException e) {
            // Raft has closed it, as when this node was taken out of the group: all that was committed is known still.
            return log.getLastCommittedIndex();
        }
    }

    /** Raft keeps both lists in one order; one taken before a change of the voters does not fit the other. */
    private static Map<String, CatalogFigures.Voter> followers(final DivisionInfo info) {
        final List<ServerRpcProto> followers =
                info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        final long[] matches = info.getFollowerMatchIndices();
        final boolean fits = matches != null && matches.length == followers.size();
        final Map<String, CatalogFigures.Voter> heard = new HashMap<>();
        for (int i = 0; i < followers.size(); i++) {
            final ServerRpcProto follower = followers.get(i);
            final String id = follower.getId().getId().toStringUtf8();
            heard.put(
                    id, new CatalogFigures.Voter(id, follower.getLastRpcElapsedTimeMs(), fits ? matches[i] : UNKNOWN));
        }
        return heard;
    }
}
