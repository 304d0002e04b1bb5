package com.onebackend.registry.model;

/**
 * A hybrid logical clock reading: 48 bits of milliseconds since 1970, 16 bits of counter. It orders writes of different
 * nodes; it never expires anything.
 *
 * <p><i>Paper:</i> Kulkarni et al., "Logical Physical Clocks", 2014.
 */
public record Stamp(long packed) implements Comparable<Stamp> {
    /** Before every write. */
    public static final Stamp ZERO = new Stamp(0);

    private static final int COUNTER_BITS = 16;

    public Stamp {
        Invariants.check(packed >= 0, "stamp is negative");
    }

    /** The stamp of the first event in a millisecond. */
    public static Stamp ofMillis(final long wallMillis) {
        return new Stamp(wallMillis << COUNTER_BITS);
    }

    /** The millisecond part. */
    public long millis() {
        return packed >>> COUNTER_BITS;
    }

    /** The smallest stamp after this one. */
    public Stamp next() {
        return new Stamp(packed + 1);
    }

    @Override
    public int compareTo(final Stamp other) {
        return Long.compare(packed, other.packed);
    }
}
