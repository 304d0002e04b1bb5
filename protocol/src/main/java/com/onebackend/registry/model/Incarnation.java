package com.onebackend.registry.model;

/**
 * Orders what is said of one member inside one generation. Only the member itself raises it, to refute a suspicion.
 *
 * <p><i>Paper:</i> SWIM, section 4.2.
 */
public record Incarnation(long value) implements Comparable<Incarnation> {
    /** Where every generation starts. */
    public static final Incarnation FIRST = new Incarnation(0);

    public Incarnation {
        Invariants.check(value >= 0, "incarnation is negative");
    }

    /** The next one after this. */
    public Incarnation next() {
        return new Incarnation(value + 1);
    }

    @Override
    public int compareTo(final Incarnation other) {
        return Long.compare(value, other.value);
    }
}
