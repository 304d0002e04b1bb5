package com.onebackend.registry.model;

import java.util.List;

/**
 * A node's own small state, sampled by itself and spread by gossip; never stored. A report of a higher generation wins,
 * inside a generation the one with the higher {@code sequence}.
 *
 * @param sampledMillis when it was sampled, milliseconds since 1970: the node's last heartbeat
 */
public record NodeReport(MemberId from, long sequence, long sampledMillis, NodeUsage usage, List<Gpu> gpus) {
    public NodeReport {
        gpus = List.copyOf(gpus);
    }

    /** True when this report is news to somebody who holds {@code other}, which may be null. */
    public boolean isNewerThan(final NodeReport other) {
        if (other == null) {
            return true;
        }
        final int byGeneration = from.generation().compareTo(other.from.generation());
        return byGeneration != 0 ? byGeneration > 0 : sequence > other.sequence;
    }
}
