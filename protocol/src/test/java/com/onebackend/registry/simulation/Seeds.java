package com.onebackend.registry.simulation;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** One seed, many independent random sources: more draws for one purpose do not change what another purpose sees. */
final class Seeds {
    private final long seed;

    Seeds(final long seed) {
        this.seed = seed;
    }

    RandomGenerator forPurpose(final String purpose) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + purpose.hashCode() * 0xC2B2AE3D27D4EB4FL);
    }

    /** An exponentially distributed time, cut at five times its mean. */
    static long exponential(final RandomGenerator random, final long meanNanos) {
        final double drawn = -Math.log(1 - random.nextDouble()) * meanNanos;
        return (long) Math.min(drawn, 5.0 * meanNanos);
    }

    static long between(final RandomGenerator random, final long least, final long most) {
        return least + random.nextLong(most - least + 1);
    }
}
