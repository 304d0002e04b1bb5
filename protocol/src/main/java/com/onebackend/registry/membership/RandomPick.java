package com.onebackend.registry.membership;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random choice without repetition. */
final class RandomPick {
    private RandomPick() {}

    /** Puts {@code count} random elements first, in random order (Fisher and Yates). */
    static void shuffle(final List<?> list, final int count, final RandomGenerator random) {
        for (int i = 0; i < count && i < list.size() - 1; i++) {
            Collections.swap(list, i, i + random.nextInt(list.size() - i));
        }
    }

    /** At most {@code count} different elements. */
    static <T> List<T> some(final List<T> from, final int count, final RandomGenerator random) {
        final List<T> copy = new ArrayList<>(from);
        shuffle(copy, count, random);
        return copy.subList(0, Math.min(count, copy.size()));
    }
}
