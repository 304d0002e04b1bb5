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

    int score() {
        return score;
    }

    void improve() {
        score = Math.max(0, score - 1);
    }

    void worsen() {
        worsen(1);
    }

    void worsen(final int by) {
        score = Math.min(SCORE_MAX, score + by);
    }

    void doubt() {
        score = SCORE_MAX;
    }
}
