package com.onebackend.registry.api;

import com.onebackend.registry.model.Member;
import java.util.List;

/**
 * How this node and its cluster stand.
 *
 * @param clusterId empty until the node belongs to a cluster
 * @param leader node id of the Raft leader this node follows; empty when none is known
 * @param appliedIndex last catalog entry applied here
 * @param ready this node answers in full
 * @param reason why it is not ready, for a person; empty when it is
 * @param warnings what works, but not as it should, and what to do; one sentence each
 * @param voters node ids of the Raft voters
 */
public record ClusterStatus(
        String clusterId,
        String nodeId,
        String url,
        int gossipPort,
        int raftPort,
        String leader,
        long appliedIndex,
        boolean ready,
        String reason,
        List<String> warnings,
        List<String> voters,
        List<Member> members) {
    public ClusterStatus {
        warnings = List.copyOf(warnings);
        voters = List.copyOf(voters);
        members = List.copyOf(members);
    }
}
