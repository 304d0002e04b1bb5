package com.onebackend.registry.membership;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Random choice without repetition. */
final class RandomPick {
    /** So many more than are wanted are looked at for ones that fit. */
    private static final int TRIES = 13;

    private RandomPick() {}

    /** Puts {@code count} random elements first, in random order (Fisher and Yates). */
    static void shuffle(final List<?> list, final int count, final RandomGenerator random) {
        for (int i = 0; i < count && i < list.size() - 1; i++) {
            Collections.swap(list, i, i + random.nextInt(list.size() - i));
        }
    }

    /** At most {@code count} different elements; the time it takes does not grow with the list. */
    static <T> List<T> some(final List<T> from, final int count, final RandomGenerator random) {
        if (from.size() <= 2 * count) {
            final List<T> copy = new ArrayList<>(from);
            shuffle(copy, count, random);
            return copy.subList(0, Math.min(count, copy.size()));
        }
        final Set<Integer> places = new LinkedHashSet<>();
        while (places.size() < count) {
            places.add(random.nextInt(from.size()));
        }
        final List<T> picked = new ArrayList<>(count);
        places.forEach(place -> picked.add(from.get(place)));
        return picked;
    }

    /** The same, of those that fit; a long list in which few fit may give fewer than there are. */
    static <T> List<T> some(
            final List<T> from, final int count, final Predicate<T> fits, final RandomGenerator random) {
        final List<T> picked = new ArrayList<>(count);
        for (final T candidate : some(from, count + TRIES, random)) {
            if (picked.size() < count && fits.test(candidate)) {
                picked.add(candidate);
            }
        }
        return picked;
    }
}
