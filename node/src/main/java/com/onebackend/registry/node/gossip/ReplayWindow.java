package com.onebackend.registry.node.gossip;

import java.util.Arrays;

/**
 * Remembers which of one sender's counters were seen: everything above the highest is new, the last {@value #SIZE} are
 * known one by one, and what is older counts as seen.
 *
 * <p><i>Thread:</i> confined. <i>Paper:</i> RFC 6479.
 */
final class ReplayWindow {
    /** How far a datagram may be overtaken. */
    static final int SIZE = 1_024;

    private final long[] seen = new long[SIZE / Long.SIZE];
    private long highest;

    /** True when {@code counter} was not seen yet. Counters start at 1 and are signed here: 2^63 sends never happen. */
    boolean isFresh(final long counter) {
        if (counter <= 0 || counter <= highest - SIZE) {
            return false;
        }
        return counter > highest || (seen[word(counter)] & bit(counter)) == 0;
    }

    /** Marks a fresh counter as seen; call it only after the datagram proved authentic. */
    void mark(final long counter) {
        if (counter > highest) {
            forgetBetween(highest, counter);
            highest = counter;
        }
        seen[word(counter)] |= bit(counter);
    }

    /** The slots of the counters after {@code from} up to {@code to} belonged to older ones. */
    private void forgetBetween(final long from, final long to) {
        if (to - from >= SIZE) {
            Arrays.fill(seen, 0);
            return;
        }
        for (long counter = from + 1; counter <= to; counter++) {
            seen[word(counter)] &= ~bit(counter);
        }
    }

    private static int word(final long counter) {
        return (int) (counter % SIZE) / Long.SIZE;
    }

    private static long bit(final long counter) {
        return 1L << (counter % Long.SIZE);
    }
}
