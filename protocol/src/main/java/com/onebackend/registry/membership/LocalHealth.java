package com.onebackend.registry.membership;

/**
 * How far this node trusts its own judgement: 0 is well, {@link #SCORE_MAX} is hardly at all. A node that is slow
 * itself probes less often and so accuses fewer others.
 *
 * <p><i>Paper:</i> Lifeguard, section IV.A.
 */
final class LocalHealth {
    static final int SCORE_MAX = 8;

    private int score;
    /** The score is that of a pause, which is over: nothing else speaks against this node. */
    private boolean isAfterPause;

    int score() {
        return score;
    }

    /** A probe was answered. After a pause each answer halves the doubt, or it would take half a minute to be well. */
    void improve() {
        score = isAfterPause ? score / 2 : Math.max(0, score - 1);
        isAfterPause &= score > 0;
    }

    void worsen() {
        worsen(1);
    }

    void worsen(final int by) {
        score = Math.min(SCORE_MAX, score + by);
        isAfterPause = false;
    }

    /** This node stood still. */
    void doubt() {
        score = SCORE_MAX;
        isAfterPause = true;
    }
}
