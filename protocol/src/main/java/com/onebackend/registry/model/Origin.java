package com.onebackend.registry.model;

/**
 * The writer of one owned log: the random 64-bit id a data folder gets when it is created.
 *
 * <p>A node keeps its origin over restarts; a node whose disk was wiped comes back as another origin, so that a version
 * number is never given twice. Ordered as unsigned number, for tie-breaks only.
 */
public record Origin(long value) implements Comparable<Origin> {
    @Override
    public int compareTo(final Origin other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toHexString(value);
    }
}
