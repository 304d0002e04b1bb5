package com.onebackend.registry.node.catalog;

/**
 * What the autopilot of this node does and did, for people. Times are milliseconds since 1970.
 *
 * @param isLeading this node leads, so its autopilot decides; otherwise there is no plan here
 * @param plan what is done, or why nothing is, as one sentence; empty when this node does not decide
 * @param planMillis since when that holds
 * @param change the last change this node's autopilot made, and how it ended; empty when it made none
 * @param changeMillis when that ended; 0 when there was none
 */
public record AutopilotReport(boolean isLeading, String plan, long planMillis, String change, long changeMillis) {
    static final AutopilotReport FIRST = new AutopilotReport(false, "", 0, "", 0);

    AutopilotReport notLeading(final long nowMillis) {
        return isLeading ? new AutopilotReport(false, "", nowMillis, change, changeMillis) : this;
    }

    /** The sentence counts seconds while it waits: it is the same plan when the rest of it is. */
    AutopilotReport planned(final String now, final long nowMillis) {
        final boolean isSame = isLeading && withoutNumbers(now).equals(withoutNumbers(plan));
        return new AutopilotReport(true, now, isSame ? planMillis : nowMillis, change, changeMillis);
    }

    AutopilotReport changed(final String what, final long nowMillis) {
        return new AutopilotReport(isLeading, plan, planMillis, what, nowMillis);
    }

    private static String withoutNumbers(final String sentence) {
        return sentence.replaceAll("\\b\\d+ s\\b", "");
    }
}
