package com.onebackend.registry.membership;

/**
 * The limits and times of membership. Times in nanoseconds.
 *
 * @param probeIntervalNanos one member is probed per interval
 * @param bigClusterMembers beyond so many members the probe interval, and all that follows from it, is doubled
 * @param ackTimeoutNanos how long a direct probe is given before helpers are asked, while round trips are unknown
 * @param ackTimeoutMinNanos once they are known: three times the 99th percentile, but no less than this
 * @param ackTimeoutMaxNanos and no more than this
 * @param indirectProbes how many helpers are asked
 * @param suspicionMultiplier alpha of the suspicion time: alpha * max(1, log10 N) * probe interval
 * @param suspicionMaxMultiplier beta: the suspicion time without any confirmation is beta times the minimum
 * @param rumorMultiplier a rumor is sent this * ceil(log2(N+1)) times
 * @param rumorsPerMessageMax rumors in one datagram
 * @param gossipIntervalNanos queued rumors are also sent on their own at this interval
 * @param gossipFanout to so many random members
 * @param deadProbeIntervalNanos each dead member and each silent seed is tried again at this interval, for ever
 * @param membersMax members kept at most
 * @param leftMax members kept at most that said good-bye; beyond it the one that left first is let go
 * @param leftKeepNanos a member that said good-bye is let go after this
 * @param incarnationJumpMax a claimed incarnation may exceed the known one by no more
 * @param suspectsPerSourceMax one source is believed so many new suspicions per probe interval
 * @param refusalWindowNanos a process this young yields to another one that already has its node id
 */
public record MembershipConfig(
        long probeIntervalNanos,
        int bigClusterMembers,
        long ackTimeoutNanos,
        long ackTimeoutMinNanos,
        long ackTimeoutMaxNanos,
        int indirectProbes,
        int suspicionMultiplier,
        int suspicionMaxMultiplier,
        int rumorMultiplier,
        int rumorsPerMessageMax,
        long gossipIntervalNanos,
        int gossipFanout,
        long deadProbeIntervalNanos,
        int membersMax,
        int leftMax,
        long leftKeepNanos,
        long incarnationJumpMax,
        int suspectsPerSourceMax,
        long refusalWindowNanos) {
    private static final long MILLI = 1_000_000L;
    private static final long HOUR = 3_600_000 * MILLI;

    /** For one local network. */
    public static final MembershipConfig LAN = new MembershipConfig(
            500 * MILLI,
            500,
            200 * MILLI,
            80 * MILLI,
            250 * MILLI,
            3,
            4,
            6,
            3,
            6,
            100 * MILLI,
            3,
            5_000 * MILLI,
            16_384,
            1_024,
            72 * HOUR,
            1_000_000,
            16,
            60_000 * MILLI);

    /** The same with other limits on what is kept. */
    public MembershipConfig withRoom(final int members, final int left) {
        return new MembershipConfig(
                probeIntervalNanos,
                bigClusterMembers,
                ackTimeoutNanos,
                ackTimeoutMinNanos,
                ackTimeoutMaxNanos,
                indirectProbes,
                suspicionMultiplier,
                suspicionMaxMultiplier,
                rumorMultiplier,
                rumorsPerMessageMax,
                gossipIntervalNanos,
                gossipFanout,
                deadProbeIntervalNanos,
                members,
                left,
                leftKeepNanos,
                incarnationJumpMax,
                suspectsPerSourceMax,
                refusalWindowNanos);
    }

    /** The probe interval in a cluster of this size: a big one trades speed for quiet. */
    long intervalNanos(final int clusterSize) {
        return clusterSize > bigClusterMembers ? 2 * probeIntervalNanos : probeIntervalNanos;
    }
}
