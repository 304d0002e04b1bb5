package com.onebackend.registry.gossip;

/**
 * Watches this node's wall clock against its peers': raises an alarm early, and refuses own writes when nobody would
 * take them. Nothing expires by it.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Clocks {
    private static final long MILLIS_PER_SECOND = 1_000;

    private final long alarmMillis;
    private final long refusalMillis;
    private final ClockOffsets offsets = new ClockOffsets();
    private boolean isAlarmed;
    private long alarms;
    private long offsetMillis;
    private boolean isOffsetKnown;

    Clocks(final long alarmMillis, final long refusalMillis) {
        this.alarmMillis = alarmMillis;
        this.refusalMillis = refusalMillis;
    }

    /** A peer sent a message at this time of its clock; 0 = it did not say. */
    void heard(final String nodeId, final long theirWallMillis, final Now now) {
        if (theirWallMillis > 0) {
            offsets.heard(nodeId, theirWallMillis, now);
        }
    }

    /** Looks at the clocks now and then. */
    void tick(final int reachablePeers, final Now now) {
        offsets.expire(now.nanos());
        isOffsetKnown = offsets.canJudge(reachablePeers);
        offsetMillis = isOffsetKnown ? offsets.medianMillis() : 0;
        final boolean isOff = Math.abs(offsetMillis) > alarmMillis;
        alarms += isOff && !isAlarmed ? 1 : 0;
        isAlarmed = isOff;
    }

    /**
     * Why an own write would be refused by the others, or lose against what they wrote before; empty when neither. With
     * one peer alone both nodes refuse: which of the two is wrong nobody can know.
     *
     * @param stampMillis the time in the stamp that the write would get
     */
    String refusal(final long stampMillis, final long wallMillis) {
        if (isOffsetKnown && Math.abs(offsetMillis) > refusalMillis) {
            return "the clock of this node is " + Math.abs(offsetMillis) / MILLIS_PER_SECOND + " s "
                    + (offsetMillis > 0
                            ? "behind the other nodes' clocks, the write would lose against their earlier ones:"
                            : "ahead of the other nodes' clocks, they would not take the write:")
                    + " nothing was changed;"
                    + " use another node, and set this node's clock right (NTP)";
        }
        final long aheadMillis = stampMillis - wallMillis - offsetMillis;
        if (aheadMillis > refusalMillis) {
            return "this node's last writes are stamped " + aheadMillis / MILLIS_PER_SECOND
                    + " s ahead of now, its clock was wrong then and the other nodes would not take the write:"
                    + " nothing was changed; use another node until that time has come";
        }
        return "";
    }

    long alarms() {
        return alarms;
    }

    long offsetMillis() {
        return offsetMillis;
    }
}
