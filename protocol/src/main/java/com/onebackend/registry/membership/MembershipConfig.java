package com.onebackend.registry.membership;

/**
 * The limits and times of membership. Times in nanoseconds.
 *
 * @param probeIntervalNanos one member is probed per interval
 * @param ackTimeoutNanos how long a direct probe is given before helpers are asked
 * @param indirectProbes how many helpers are asked
 * @param suspicionMultiplier alpha of the suspicion time: alpha * max(1, log10 N) * probe interval
 * @param suspicionMaxMultiplier beta: the suspicion time without any confirmation is beta times the minimum
 * @param rumorMultiplier a rumor is sent this * ceil(log2(N+1)) times
 * @param rumorsPerMessageMax rumors in one datagram
 * @param gossipIntervalNanos queued rumors are also sent on their own at this interval
 * @param gossipFanout to so many random members
 * @param deadProbeIntervalNanos each dead member and each silent seed is tried again at this interval, for ever
 * @param membersMax members kept at most
 * @param incarnationJumpMax a claimed incarnation may exceed the known one by no more
 */
public record MembershipConfig(
        long probeIntervalNanos,
        long ackTimeoutNanos,
        int indirectProbes,
        int suspicionMultiplier,
        int suspicionMaxMultiplier,
        int rumorMultiplier,
        int rumorsPerMessageMax,
        long gossipIntervalNanos,
        int gossipFanout,
        long deadProbeIntervalNanos,
        int membersMax,
        long incarnationJumpMax) {
    private static final long MILLI = 1_000_000L;

    /** For one local network. */
    public static final MembershipConfig LAN = new MembershipConfig(
            500 * MILLI, 200 * MILLI, 3, 4, 6, 3, 6, 100 * MILLI, 3, 5_000 * MILLI, 16_384, 1_000_000);
}
