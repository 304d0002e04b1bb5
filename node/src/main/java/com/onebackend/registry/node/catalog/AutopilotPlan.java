package com.onebackend.registry.node.catalog;

/**
 * What the {@link Autopilot} wants done next.
 *
 * @param nodeId whom it is about: who becomes a voter, is none any more, is replaced, or leads from now on; empty for
 *     NONE
 * @param substituteId REPLACE: who becomes a voter instead; else empty
 * @param why what and why, as one sentence for an operator
 */
public record AutopilotPlan(Kind kind, String nodeId, String substituteId, String why) {
    /** What can be done about voters. */
    public enum Kind {
        NONE,
        PROMOTE,
        DEMOTE,
        /** Two steps: the substitute becomes a voter, then the other one is none any more. */
        REPLACE,
        TRANSFER_LEADERSHIP;

        /** True when somebody loses the vote. */
        boolean takesVote() {
            return this == DEMOTE || this == REPLACE;
        }
    }

    static AutopilotPlan none(final String why) {
        return new AutopilotPlan(Kind.NONE, "", "", why);
    }

    static AutopilotPlan promote(final String nodeId, final String why) {
        return new AutopilotPlan(Kind.PROMOTE, nodeId, "", why);
    }

    static AutopilotPlan demote(final String nodeId, final String why) {
        return new AutopilotPlan(Kind.DEMOTE, nodeId, "", why);
    }

    static AutopilotPlan replace(final String nodeId, final String substituteId, final String why) {
        return new AutopilotPlan(Kind.REPLACE, nodeId, substituteId, why);
    }

    static AutopilotPlan transfer(final String toNodeId, final String why) {
        return new AutopilotPlan(Kind.TRANSFER_LEADERSHIP, toNodeId, "", why);
    }

    /** Who would vote, or lead, that does not now; empty when nobody would. */
    String newcomer() {
        return switch (kind) {
            case PROMOTE, TRANSFER_LEADERSHIP -> nodeId;
            case REPLACE -> substituteId;
            case NONE, DEMOTE -> "";
        };
    }

    boolean isNone() {
        return kind == Kind.NONE;
    }
}
