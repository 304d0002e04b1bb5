package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.MembershipConfig;
import com.onebackend.registry.replication.ReplicaConfig;

/**
 * The limits and times of the gossip core. Times in nanoseconds.
 *
 * @param syncIntervalNanos an anti-entropy session with one random member starts at this interval, give or take a fifth
 * @param divergenceNanos a member whose vector differs for so long is synced with out of turn
 * @param sessionTimeoutNanos an own session without a further chunk for so long is given up
 * @param sessionsMax own sessions at the same time
 * @param directPushMembersMax up to so many members every push goes to all of them
 * @param heartbeats who looks after an instance
 */
public record GossipConfig(
        MembershipConfig membership,
        ReplicaConfig replica,
        long syncIntervalNanos,
        long divergenceNanos,
        long sessionTimeoutNanos,
        int sessionsMax,
        int directPushMembersMax,
        HeartbeatConfig heartbeats) {
    /** Clocks that are further apart want somebody's attention. */
    public static final long CLOCK_ALARM_MILLIS = 500;

    private static final long SECOND = 1_000_000_000L;

    /** For one local network. */
    public static final GossipConfig LAN = new GossipConfig(
            MembershipConfig.LAN,
            ReplicaConfig.DEFAULT,
            5 * SECOND,
            SECOND,
            5 * SECOND,
            4,
            64,
            HeartbeatConfig.DEFAULT);
}
