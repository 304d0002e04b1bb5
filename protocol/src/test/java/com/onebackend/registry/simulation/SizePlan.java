package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

/**
 * How much is measured at one cluster size: the more nodes, the fewer samples, so that a row takes minutes at most.
 *
 * @param crashes one after the other, each noticed by all and healed before the next
 * @param changes single writes, each somewhere else
 * @param pauses of two seconds, each of another node
 * @param lossNanos how long a fifth of all datagrams is lost
 */
record SizePlan(int nodes, int crashes, int changes, int pauses, long lossNanos) {
    static final double LOSS = 0.20;
    static final long PAUSE_NANOS = 2 * SECOND;

    static SizePlan of(final int nodes) {
        if (nodes <= 10) {
            return new SizePlan(nodes, 60, 200, 60, 1_200 * SECOND);
        }
        if (nodes <= 50) {
            return new SizePlan(nodes, 60, 200, 60, 600 * SECOND);
        }
        if (nodes <= 150) {
            return new SizePlan(nodes, 30, 100, 50, 300 * SECOND);
        }
        if (nodes <= 500) {
            return new SizePlan(nodes, 10, 40, 30, 120 * SECOND);
        }
        return new SizePlan(nodes, 5, 20, 15, 60 * SECOND);
    }
}
